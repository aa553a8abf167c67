#include "coordinator/report/compare/named_comparison.h"

#include "coordinator/report/compare/checks.h"
#include "coordinator/report/data/named_run.h"
#include "coordinator/report/data/parameter_difference.h"
#include "coordinator/report/data/replicates.h"

namespace cox::report {

Result<std::vector<std::string>> warnings_on(const Query& query, const std::vector<RunData>& runs,
                                             const std::vector<Comparison>& comparisons) {
  const std::vector<RunData> singles = single_runs(runs);
  COX_ASSIGN_OR_RETURN(const auto of_replicates, replicate_warnings(query, runs));
  std::vector<std::string> all;
  for (const auto& warnings :
       {coverage_warnings(runs), identity_warnings(singles), comparison_warnings(comparisons),
        environment_warnings(singles), design_warnings(singles), of_replicates}) {
    all.insert(all.end(), warnings.begin(), warnings.end());
  }
  return all;
}

Result<NamedComparison> compare_named(const Query& query, const std::string& baseline,
                                      const std::vector<std::string>& names,
                                      const std::string& metric, double margin) {
  NamedComparison named;
  COX_ASSIGN_OR_RETURN(RunData first, load_named_run(query, baseline));
  named.runs.push_back(std::move(first));
  for (const std::string& name : names) {
    COX_ASSIGN_OR_RETURN(RunData run, load_named_run(query, name));
    named.runs.push_back(std::move(run));
  }
  const RunData& base = named.runs.front();
  COX_ASSIGN_OR_RETURN(named.metric, metric_or_default(metric, {base}));
  for (std::size_t i = 1; i < named.runs.size(); ++i) {
    const RunData& run = named.runs[i];
    COX_ASSIGN_OR_RETURN(Comparison comparison, compare(base, run, named.metric));
    if (run.method != base.method) {
      comparison.confounded = shared_parameters_that_differ(run, base);
    }
    named.comparisons.push_back(std::move(comparison));
  }
  if (margin > 0) test_equivalence(margin, named.comparisons);
  correct_family(named.comparisons);
  COX_ASSIGN_OR_RETURN(named.warnings, warnings_on(query, named.runs, named.comparisons));
  return named;
}

}  // namespace cox::report
