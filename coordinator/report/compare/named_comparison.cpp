#include "coordinator/report/compare/named_comparison.h"

#include <fmt/format.h>

#include "coordinator/report/compare/checks.h"
#include "coordinator/report/data/named_run.h"
#include "coordinator/report/data/parameter_difference.h"
#include "coordinator/report/data/replicates.h"

namespace cox::report {

Result<std::vector<std::string>> warnings_on(const Query& query, const std::vector<RunData>& runs,
                                             const std::vector<Comparison>& comparisons) {
  std::vector<RunData> replicates;
  const std::vector<RunData>& singles = single_runs(runs, replicates);
  COX_ASSIGN_OR_RETURN(const auto of_replicates, replicate_warnings(query, runs));
  std::vector<std::string> all;
  for (const auto& warnings :
       {coverage_warnings(runs), identity_warnings(singles), comparison_warnings(comparisons),
        environment_warnings(singles), design_warnings(singles), of_replicates}) {
    add_warnings(all, warnings);
  }
  return all;
}

namespace {

/// Keeps the runs that can be compared with the baseline, in `named`; the others become warnings.
Status compare_all(std::vector<NamedRun> runs, NamedComparison& named) {
  const RunData base = named.runs.front();
  std::vector<RunPair> pairs;
  for (const NamedRun& run : runs) pairs.emplace_back(&base, &run.data);
  std::vector<Result<Comparison>> compared = compare_each(pairs, named.metric);
  Status first_problem;
  for (std::size_t i = 0; i < runs.size(); ++i) {
    const Status& status = compared[i].status();
    if (!status.is_ok()) {
      if (!runs[i].among_others) return status;
      if (first_problem.is_ok()) first_problem = status;
      named.warnings.push_back(
          fmt::format("not compared: {}: {}", runs[i].data.full_name(), status.message()));
      continue;
    }
    Comparison& comparison = *compared[i];
    if (runs[i].data.method != base.method) {
      comparison.confounded = shared_parameters_that_differ(runs[i].data, base);
    }
    named.comparisons.push_back(std::move(comparison));
    named.runs.push_back(std::move(runs[i].data));
  }
  return named.comparisons.empty() ? first_problem : Status::ok();
}

}  // namespace

Result<NamedComparison> compare_named(const Query& query, const std::string& baseline,
                                      const std::vector<std::string>& names,
                                      const std::string& metric, double margin) {
  NamedComparison named;
  COX_ASSIGN_OR_RETURN(RunData first, load_named_run(query, baseline));
  COX_ASSIGN_OR_RETURN(std::vector<NamedRun> runs, load_named_runs(query, names, first));
  named.runs.push_back(std::move(first));
  COX_ASSIGN_OR_RETURN(named.metric, metric_or_default(metric, named.runs));
  COX_RETURN_IF_ERROR(compare_all(std::move(runs), named));
  if (margin > 0) test_equivalence(margin, named.comparisons);
  correct_family(named.comparisons);
  COX_ASSIGN_OR_RETURN(auto warnings, warnings_on(query, named.runs, named.comparisons));
  add_warnings(named.warnings, std::move(warnings));
  return named;
}

Result<std::vector<RunData>> load_to_compare(const Query& query, const std::string& baseline,
                                             const std::vector<std::string>& names) {
  COX_ASSIGN_OR_RETURN(RunData first, load_named_run(query, baseline));
  COX_ASSIGN_OR_RETURN(std::vector<NamedRun> named, load_named_runs(query, names, first));
  std::vector<RunData> runs = {std::move(first)};
  for (NamedRun& run : named) runs.push_back(std::move(run.data));
  return runs;
}

}  // namespace cox::report
