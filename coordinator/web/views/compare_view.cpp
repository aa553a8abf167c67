#include <algorithm>

#include "coordinator/report/compare/named_comparison.h"
#include "coordinator/report/print/report_json.h"
#include "coordinator/web/views.h"

namespace cox::web {

namespace {

/// More runs side by side cannot be compared by eye.
constexpr std::size_t kMaxRuns = 32;

/// The items of a comparison from the lowest difference to the highest.
OrderedJson item_differences(const report::Comparison& comparison, const report::RunData& baseline,
                             const report::RunData& run) {
  const auto of_baseline = report::values_by_video(baseline, comparison.metric.name);
  const auto of_run = report::values_by_video(run, comparison.metric.name);
  std::vector<std::pair<double, report::VideoKey>> sorted;
  for (const auto& [video, difference] : comparison.differences) {
    sorted.emplace_back(difference, video);
  }
  std::sort(sorted.begin(), sorted.end());
  OrderedJson items = OrderedJson::array();
  for (const auto& [difference, video] : sorted) {
    items.push_back({{"item", video.first},
                     {"difference", difference},
                     {"baseline", of_baseline.at(video)},
                     {"run", of_run.at(video)}});
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
  document["metric"] = metric_json(metric);
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
