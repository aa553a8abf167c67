#include "coordinator/report/data/metrics.h"

#include <fmt/format.h>

#include "base/text.h"
#include "schemas/metric_schema.h"

namespace cox::report {

namespace {

std::vector<Metric> read_registry() {
  std::vector<Metric> metrics;
  for (const MetricSchema& schema : metric_schemas()) {
    metrics.push_back({std::string(schema.name), std::string(schema.unit), schema.higher_is_better,
                       schema.digits, schema.weights});
  }
  return metrics;
}

}  // namespace

const std::vector<Metric>& known_metrics() {
  static const std::vector<Metric> kMetrics = read_registry();
  return kMetrics;
}

Result<Metric> metric_named(const std::string& name) {
  for (const Metric& metric : known_metrics()) {
    if (metric.name == name) return metric;
  }
  return not_found(
      fmt::format("no metric '{}': schemas/metrics describes none of that name", name));
}

const Metric* metric_of_column(std::string_view column) {
  const Metric* longest = nullptr;
  for (const Metric& metric : known_metrics()) {
    const bool fits = column == metric.name || starts_with(column, metric.name + "_");
    if (!fits) continue;
    if (longest == nullptr || metric.name.size() > longest->name.size()) longest = &metric;
  }
  return longest;
}

bool depends_on_weights(const std::string& metric) {
  const Result<Metric> known = metric_named(metric);
  return known.is_ok() && known->weights;
}

}  // namespace cox::report
