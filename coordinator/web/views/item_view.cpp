#include <algorithm>

#include "base/text.h"
#include "coordinator/report/data/item_results.h"
#include "coordinator/report/data/metrics.h"
#include "coordinator/web/views.h"

namespace cox::web {

namespace {

OrderedJson values_json(const report::Values& values) {
  OrderedJson list = OrderedJson::array();
  for (const auto& value : values) {
    list.push_back(value ? OrderedJson(*value) : OrderedJson(nullptr));
  }
  return list;
}

OrderedJson result_json(const report::ItemResult& result) {
  OrderedJson per_frame = OrderedJson::object();  // in the order of the tables, then by name
  for (const report::Metric& metric : report::known_metrics()) {
    const auto values = result.per_frame.find(metric.name);
    if (values != result.per_frame.end()) per_frame[metric.name] = values_json(values->second);
  }
  for (const auto& [metric, values] : result.per_frame) per_frame[metric] = values_json(values);
  return {{"run", result.run},
          {"method", result.method},
          {"job", result.job},
          {"scored_frames", result.scored_frames},
          {"per_frame", std::move(per_frame)},
          {"losses", values_json(result.losses)},
          {"anchor_losses", values_json(result.anchor_losses)},
          {"steps_run", result.steps_run},
          {"best_step", result.best_step},
          {"stopped", result.stopped},
          {"has_video", !result.generated_path.empty()},
          {"has_reference", !result.reference_path.empty()}};
}

/// The requested runs, with or without the series before their name, or the first run of
/// method `none`, or the first.
std::vector<std::string> shown_runs(const std::vector<report::ItemRun>& all,
                                    const std::string& series, const Request& request) {
  std::vector<std::string> names;
  for (const std::string& name : request.texts("run")) {
    names.push_back(starts_with(name, series + "/") ? name.substr(series.size() + 1) : name);
  }
  if (!names.empty()) return names;
  const auto plain = std::find_if(all.begin(), all.end(),
                                  [](const report::ItemRun& run) { return run.method == "none"; });
  return {plain == all.end() ? all.front().run : plain->run};
}

}  // namespace

Result<OrderedJson> item_view(const report::Query& query, const Request& request) {
  COX_ASSIGN_OR_RETURN(const std::string series, request.required("series"));
  COX_ASSIGN_OR_RETURN(const std::string item, request.required("item"));
  COX_ASSIGN_OR_RETURN(const auto all, report::runs_of_item(query, series, item));
  COX_ASSIGN_OR_RETURN(
      const auto results,
      report::load_item_results(query, series, item, shown_runs(all, series, request)));
  OrderedJson names = OrderedJson::array();
  for (const report::ItemRun& run : all) {
    names.push_back({{"run", run.run}, {"method", run.method}});
  }
  OrderedJson runs = OrderedJson::array();
  for (const report::ItemResult& result : results) runs.push_back(result_json(result));
  return OrderedJson{
      {"series", series}, {"item", item}, {"all", std::move(names)}, {"runs", std::move(runs)}};
}

}  // namespace cox::web
