#include "coordinator/report/print/report_json.h"

#include "coordinator/report/data/replicates.h"
#include "coordinator/report/data/run_means.h"
#include "coordinator/report/print/cell_json.h"
#include "coordinator/report/print/report_rows.h"
#include "coordinator/report/print/report_tables.h"
#include "coordinator/report/print/wording.h"

namespace cox::report {

namespace {

OrderedJson comparisons_json(const std::vector<Comparison>& comparisons) {
  const Table rows = comparison_rows(comparisons);
  OrderedJson list = OrderedJson::array();
  for (std::size_t i = 0; i < comparisons.size(); ++i) {
    OrderedJson object = json_row(rows, i);
    object["sentence"] = sentence(comparisons[i]);
    object["unpaired"] = OrderedJson::array();
    for (const Unpaired& video : comparisons[i].unpaired) {
      object["unpaired"].push_back(
          {{"video", video.video}, {"run", video.run}, {"why", video.why}});
    }
    list.push_back(std::move(object));
  }
  return list;
}

/// The rows of a run in report_rows contain the comparison too; here it has a separate list.
OrderedJson run_json(const SeriesReport& report, const RunData& run) {
  OrderedJson object = {{"run", run.name},
                        {"digest", run.digest},
                        {"method", run.method},
                        {"videos", run.videos()},
                        {"done", run.results.size()},
                        {"replicates", OrderedJson::array()},
                        {"parameters", OrderedJson::object()},
                        {"metrics", OrderedJson::object()},
                        {"mean_seconds", OrderedJson::object()},
                        {"missing", OrderedJson::array()}};
  for (const RunData& replicate : run.replicates) {
    object["replicates"].push_back({{"run", replicate.name},
                                    {"digest", replicate.digest},
                                    {"done", replicate.results.size()}});
  }
  for (const auto& [name, text] : run.parameters)
    object["parameters"][name] = OrderedJson::parse(text);
  for (const Metric& metric : report.metrics) {
    const Summary summary = metric_summary(run, metric.name);
    OrderedJson& entry = object["metrics"][metric.name] = {{"n", summary.count}};
    if (summary.mean) entry["mean"] = *summary.mean;
    if (summary.standard_error) entry["standard_error"] = *summary.standard_error;
    if (summary.t_interval) {
      entry["interval"] = {summary.t_interval->low, summary.t_interval->high};
    }
    if (const auto deviation = replicate_deviation(run, metric.name)) {
      entry["replicate_deviation"] = *deviation;
    }
  }
  for (const std::string_view stage : kStages) {
    const auto seconds = stage_mean(run, stage);
    object["mean_seconds"][std::string(stage)] =
        seconds ? OrderedJson(*seconds) : OrderedJson(nullptr);
  }
  for (const Unfinished& video : run.unfinished) {
    object["missing"].push_back({{"video", video.video},
                                 {"state", video.state},
                                 {"cause", video.cause},
                                 {"expected", video.expected},
                                 {"message", video.message}});
  }
  return object;
}

OrderedJson or_null(const std::optional<double>& value) {
  return value ? OrderedJson(*value) : OrderedJson(nullptr);
}

OrderedJson categories_json(const std::vector<CategoryDifference>& categories) {
  OrderedJson list = OrderedJson::array();
  for (const CategoryDifference& c : categories) {
    OrderedJson object = {{"run", c.run},
                          {"baseline", c.baseline},
                          {"category", c.category},
                          {"pairs", c.difference.count},
                          {"difference", or_null(c.difference.mean)},
                          {"p", or_null(c.inference.p)}};
    if (c.inference.interval) {
      object["interval"] = {c.inference.interval->low, c.inference.interval->high};
    }
    list.push_back(std::move(object));
  }
  return list;
}

OrderedJson set_metrics_json(const std::vector<SetComparison>& comparisons) {
  OrderedJson list = OrderedJson::array();
  for (const SetComparison& c : comparisons) {
    OrderedJson object = {{"metric", c.metric},
                          {"run", c.run},
                          {"videos", c.videos},
                          {"dimension", c.dimension},
                          {"value", or_null(c.value)},
                          {"extrapolated", or_null(c.extrapolated)},
                          {"baseline", c.baseline},
                          {"baseline_value", or_null(c.baseline_value)},
                          {"baseline_extrapolated", or_null(c.baseline_extrapolated)},
                          {"difference", or_null(c.difference())}};
    if (c.interval) object["interval"] = {c.interval->low, c.interval->high};
    list.push_back(std::move(object));
  }
  return list;
}

OrderedJson published_json(const std::vector<Published>& all) {
  OrderedJson list = OrderedJson::array();
  for (const Published& published : all) {
    list.push_back({{"run", published.run},
                    {"metric", published.metric},
                    {"mean", published.mean},
                    {"deviation", or_null(published.deviation)},
                    {"videos", published.videos ? OrderedJson(*published.videos) : OrderedJson()},
                    {"source", published.source}});
  }
  return list;
}

OrderedJson predicted_json(const std::optional<PredictedTime>& time) {
  if (!time) return nullptr;
  return {{"device", time->device},
          {"jobs", time->jobs},
          {"shared_s", time->shared_s},
          {"alone_s", time->alone_s},
          {"actual_spent_s", time->actual_spent_s},
          {"actual_alone_s", time->actual_alone_s}};
}

}  // namespace

OrderedJson report_document(const SeriesReport& report) {
  OrderedJson object = {{"series", report.series},
                        {"title", report.notes.title},
                        {"question", report.notes.question},
                        {"baseline", report.baseline},
                        {"baseline_assumed", report.baseline_assumed},
                        {"metric", report.primary().name},
                        {"varied", OrderedJson::object()},
                        {"runs", OrderedJson::array()},
                        {"comparisons", OrderedJson::array()},
                        {"categories", categories_json(report.categories)},
                        {"set_metrics", set_metrics_json(report.set_comparisons)},
                        {"published", published_json(report.published)},
                        {"predicted_time", predicted_json(report.predicted)},
                        {"not_compared", report.not_compared},
                        {"warnings", report.warnings},
                        {"provenance", OrderedJson::array()}};
  for (const Factor& factor : report.factors) object["varied"][factor.name] = factor.levels;
  for (const RunData& run : report.runs) object["runs"].push_back(run_json(report, run));
  for (const auto& family : report.comparisons) {
    for (OrderedJson& comparison : comparisons_json(family)) {
      object["comparisons"].push_back(std::move(comparison));
    }
  }
  for (const auto& row : provenance_table(report).rows) {
    object["provenance"].push_back({{"what", row[0]}, {"value", row[1]}});
  }
  return object;
}

OrderedJson comparison_document(const std::vector<Comparison>& comparisons,
                                const std::vector<std::string>& warnings) {
  return {{"format", "cox-comparison/1"},
          {"comparisons", comparisons_json(comparisons)},
          {"warnings", warnings}};
}

std::string comparison_json(const std::vector<Comparison>& comparisons,
                            const std::vector<std::string>& warnings) {
  return json_document(comparison_document(comparisons, warnings));
}

std::string report_json(const std::vector<SeriesReport>& reports) {
  OrderedJson document = {{"format", "cox-report/1"}, {"reports", OrderedJson::array()}};
  for (const SeriesReport& report : reports) document["reports"].push_back(report_document(report));
  return json_document(document);
}

}  // namespace cox::report
