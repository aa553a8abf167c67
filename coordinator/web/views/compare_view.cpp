#include <algorithm>
#include <map>

#include "coordinator/report/compare/named_comparison.h"
#include "coordinator/report/print/report_json.h"
#include "coordinator/web/views.h"

namespace cox::web {

namespace {

/// More runs side by side cannot be compared by eye.
constexpr std::size_t kMaxRuns = 32;

/// Value of the metric in each item of a run that has it.
std::map<std::string, double> values_of(const report::RunData& run, const std::string& metric) {
  std::map<std::string, double> values;
  for (const report::VideoResult& result : run.results) {
    const auto value = result.metrics.find(metric);
    if (value != result.metrics.end()) values[result.video] = value->second;
  }
  return values;
}

/// The items of a comparison from the lowest difference to the highest.
OrderedJson item_differences(const report::Comparison& comparison, const report::RunData& baseline,
                             const report::RunData& run) {
  const auto of_baseline = values_of(baseline, comparison.metric.name);
  const auto of_run = values_of(run, comparison.metric.name);
  std::vector<std::pair<double, std::string>> sorted;
  for (const auto& [key, difference] : comparison.differences) {
    sorted.emplace_back(difference, key.first);
  }
  std::sort(sorted.begin(), sorted.end());
  OrderedJson items = OrderedJson::array();
  for (const auto& [difference, item] : sorted) {
    items.push_back({{"item", item},
                     {"difference", difference},
                     {"baseline", of_baseline.at(item)},
                     {"run", of_run.at(item)}});
  }
  return items;
}

}  // namespace

Result<OrderedJson> compare_view(const report::Query& query, const Request& request) {
  COX_ASSIGN_OR_RETURN(const std::string baseline_name, request.required("baseline"));
  const std::string metric_name = request.text("metric");
  if (!metric_name.empty()) COX_RETURN_IF_ERROR(report::metric_named(metric_name).status());
  const std::vector<std::string> names = request.texts("run");
  if (names.empty() || names.size() > kMaxRuns) {
    return invalid_argument("choose 1 to 32 runs to compare with the baseline");
  }
  COX_ASSIGN_OR_RETURN(const report::NamedComparison named,
                       report::compare_named(query, baseline_name, names, metric_name));
  const report::Metric& metric = named.metric;
  const report::RunData& baseline = named.runs.front();
  OrderedJson document = report::comparison_document(named.comparisons, named.warnings);
  document["metric"] = {{"name", metric.name},
                        {"unit", metric.unit},
                        {"higher_is_better", metric.higher_is_better},
                        {"decimals", metric.decimals}};
  document["metrics"] = report::measured_metrics({baseline});
  document["baseline"] = baseline.full_name();
  document["series"] = baseline.series;
  for (std::size_t i = 0; i < named.comparisons.size(); ++i) {
    document["comparisons"][i]["items"] =
        item_differences(named.comparisons[i], baseline, named.runs[i + 1]);
  }
  return document;
}

}  // namespace cox::web
