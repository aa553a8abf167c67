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

std::string metric_title(const Metric& metric) {
  return metric.unit.empty() ? metric.name : fmt::format("{} ({})", metric.name, metric.unit);
}

std::string unit_or_name(const Metric& metric) {
  return metric.unit.empty() ? metric.name : metric.unit;
}

const std::vector<Metric>& known_metrics() {
  static const std::vector<Metric> kMetrics = read_registry();
  return kMetrics;
}

Result<Metric> metric_named(const std::string& name) {
  for (const Metric& metric : known_metrics()) {
    if (metric.name == name) return metric;
  }
  std::vector<std::string> names;
  for (const Metric& metric : known_metrics()) names.push_back(metric.name);
  const std::string nearest = nearest_name(name, names);
  return not_found(fmt::format("no metric '{}': schemas/metrics describes none of that name{}",
                               name,
                               nearest.empty() ? "; it has " + join(names, ", ")
                                               : fmt::format("; did you mean '{}'?", nearest)));
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

std::string weights_column(const std::string& metric) {
  const MetricSchema* schema = find_metric(metric);
  if (schema == nullptr || !schema->weights) return "";
  return fmt::format("{}_weights_digest",
                     schema->variant_of.empty() ? schema->name : schema->variant_of);
}

std::vector<std::string> metric_columns() {
  std::vector<std::string> columns;
  for (const MetricSchema& metric : metric_schemas()) {
    if (metric.scope != MetricScope::kSet) columns.emplace_back(metric.name);
  }
  return columns;
}

std::vector<std::string> weights_columns() {
  std::vector<std::string> columns;
  for (const MetricSchema& metric : metric_schemas()) {
    if (metric.weights && metric.variant_of.empty()) {
      columns.push_back(weights_column(std::string(metric.name)));
    }
  }
  return columns;
}

}  // namespace cox::report
