#include "coordinator/report/data/metrics.h"

#include "base/text.h"
#include "schemas/metric_schema.h"

namespace cox::report {

bool is_lpips(const std::string& metric) {
  return metric == "lpips" || metric == "lpips_random_trunk";
}

Result<Metric> metric_named(const std::string& name) {
  const MetricSchema* schema = find_metric(name);
  if (schema == nullptr) {
    return not_found(concat("no metric '", name, "': schemas/metrics describes none of that name"));
  }
  return Metric{name, std::string(schema->unit), schema->higher_is_better, schema->digits};
}

}  // namespace cox::report
