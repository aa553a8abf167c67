#include "coordinator/report/compare/baseline.h"

#include <algorithm>

#include "coordinator/report/compare/comparison.h"
#include "coordinator/report/data/parameter_difference.h"

namespace cox::report {

namespace {

/// Whether two runs score the same frames by the same definitions, and both or neither in fp8: what
/// any comparison needs.
bool scores_alike(const RunData& a, const RunData& b) {
  return separation(a, b).empty() && a.metric_definitions == b.metric_definitions;
}

/// The run with the baseline's method that scores the frames of `run` and shares most of its
/// parameters, of several the one most like `baseline`; nullptr when none does.
const RunData* nearest_alike(const RunData& run, const RunData& baseline,
                             const std::vector<RunData>& candidates) {
  const RunData* best = nullptr;
  std::pair<std::size_t, std::size_t> least;
  for (const RunData& candidate : candidates) {
    if (candidate.method != baseline.method || candidate.digest == run.digest) continue;
    if (!scores_alike(run, candidate)) continue;
    const std::pair differences(shared_parameters_that_differ(candidate, run).size(),
                                shared_parameters_that_differ(candidate, baseline).size());
    if (best != nullptr && differences >= least) continue;
    best = &candidate;
    least = differences;
  }
  return best;
}

}  // namespace

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
  if (!scores_alike(run, baseline)) best = nearest_alike(run, baseline, candidates);
  Partner partner{best == nullptr ? &baseline : best, {}, {}};
  partner.followed = shared_parameters_that_differ(*partner.run, baseline);
  if (run.method != baseline.method) {
    partner.confounded = shared_parameters_that_differ(run, *partner.run);
  }
  return partner;
}

const RunData* default_baseline(const std::vector<RunData>& runs) {
  const auto found = std::find_if(runs.begin(), runs.end(),
                                  [](const RunData& run) { return run.method == "none"; });
  return found == runs.end() ? nullptr : &*found;
}

}  // namespace cox::report
