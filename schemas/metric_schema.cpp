#include "schemas/metric_schema.h"

#include <algorithm>

namespace cox {

const MetricSchema* find_metric(std::string_view name) {
  const auto schemas = metric_schemas();
  const auto found = std::find_if(schemas.begin(), schemas.end(),
                                  [&](const MetricSchema& metric) { return metric.name == name; });
  return found == schemas.end() ? nullptr : &*found;
}

std::vector<std::string> metric_names() {
  std::vector<std::string> names;
  for (const MetricSchema& metric : metric_schemas()) {
    if (metric.variant_of.empty()) names.emplace_back(metric.name);
  }
  return names;
}

std::string_view recorded_name(const MetricSchema& metric, bool random_weights) {
  if (!random_weights) return metric.name;
  for (const MetricSchema& variant : metric_schemas()) {
    if (variant.variant_of == metric.name) return variant.name;
  }
  return metric.name;
}

}  // namespace cox
