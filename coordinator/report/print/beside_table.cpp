#include "coordinator/report/print/beside_table.h"

#include <fmt/format.h>

#include <algorithm>

#include "coordinator/report/data/replicate_names.h"
#include "coordinator/report/data/run_means.h"
#include "coordinator/report/data/words.h"
#include "coordinator/report/print/number.h"

namespace cox::report {

namespace {

const RunData* run_of(const SeriesReport& report, const std::string& name) {
  const auto found = std::find_if(report.runs.begin(), report.runs.end(),
                                  [&](const RunData& run) { return run.name == name; });
  return found == report.runs.end() ? nullptr : &*found;
}

struct Measured {
  std::optional<double> mean;
  std::size_t videos = 0;
};

Measured measured_in(const RunData& run, const std::string& metric) {
  if (is_stage(metric)) return {stage_mean(run, metric), run.results.size()};
  const Summary summary = metric_summary(run, metric);
  return {summary.mean, summary.count};
}

std::string number_of(const std::string& metric, double value) {
  return readable_number(metric, value);
}

std::string percent(double predicted, double actual) {
  return fmt::format("{:+.0f} %", 100 * (predicted - actual) / actual);
}

}  // namespace

TextTable published_table(const SeriesReport& report) {
  const std::string items = plural(item_word(report.runs));
  TextTable table{
      {"run", "metric", "published", items, "measured", items, "measured - published", "source"},
      {}};
  for (const Published& published : report.published) {
    const RunData* run = run_of(report, published.run);
    const Measured measured = run == nullptr ? Measured{} : measured_in(*run, published.metric);
    const std::string& metric = published.metric;
    std::string mean = number_of(metric, published.mean);
    if (published.deviation) mean += fmt::format(" ± {}", number_of(metric, *published.deviation));
    table.rows.push_back({published.run, metric, mean,
                          published.videos ? std::to_string(*published.videos) : "-",
                          measured.mean ? number_of(metric, *measured.mean) : "-",
                          measured.videos > 0 ? std::to_string(measured.videos) : "-",
                          measured.mean ? number_of(metric, *measured.mean - published.mean) : "-",
                          published.source});
  }
  return table;
}

std::string predicted_sentence(const SeriesReport& report) {
  if (!report.predicted) return "";
  const PredictedTime& time = *report.predicted;
  return fmt::format(
      "Predicted from counted operations for {} on {}: {} with shared work and {} when each is "
      "computed by\nitself. Actual: {} spent ({}) and {} by themselves ({}).",
      counted(time.jobs, "job"), time.device, readable_duration(time.shared_s),
      readable_duration(time.alone_s), readable_duration(time.actual_spent_s),
      percent(time.shared_s, time.actual_spent_s), readable_duration(time.actual_alone_s),
      percent(time.alone_s, time.actual_alone_s));
}

}  // namespace cox::report
