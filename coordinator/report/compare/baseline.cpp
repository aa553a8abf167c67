#include "coordinator/report/compare/baseline.h"

#include <algorithm>

#include "coordinator/report/data/parameter_difference.h"

namespace cox::report {

Partner partner_of(const RunData& run, const RunData& baseline,
                   const std::vector<RunData>& candidates) {
  const RunData* best = nullptr;
  std::vector<std::string> followed;
  for (const RunData& candidate : candidates) {
    if (candidate.method != baseline.method || candidate.digest == run.digest) continue;
    if (!shared_parameters_that_differ(candidate, run).empty()) continue;
    std::vector<std::string> differences = shared_parameters_that_differ(candidate, baseline);
    if (best != nullptr && differences.size() >= followed.size()) continue;
    best = &candidate;
    followed = std::move(differences);
  }
  if (best != nullptr) return {best, followed, {}};
  Partner partner{&baseline, {}, {}};
  if (run.method != baseline.method) {
    partner.confounded = shared_parameters_that_differ(run, baseline);
  }
  return partner;
}

const RunData* natural_baseline(const std::vector<RunData>& runs) {
  const auto found = std::find_if(runs.begin(), runs.end(),
                                  [](const RunData& run) { return run.method == "none"; });
  return found == runs.end() ? nullptr : &*found;
}

}  // namespace cox::report
