#include "coordinator/report/data/metrics.h"

#include "base/text.h"
#include "schemas/embedded_schemas.h"

namespace cox::report {

namespace {

/// The value of a top-level `key: value` line; metric schemas are flat. "" when there is none.
std::string field(std::string_view yaml, std::string_view key) {
  for (const std::string& line : split(yaml, '\n')) {
    if (!starts_with(line, concat(key, ":"))) continue;
    std::string value = trim(std::string_view(line).substr(key.size() + 1));
    if (value.size() >= 2 && value.front() == '"') value = value.substr(1, value.size() - 2);
    return value;
  }
  return "";
}

/// LPIPS over random weights is recorded under a name of its own and described with LPIPS.
std::string schema_of(const std::string& metric) {
  return concat("metrics/", metric == "lpips_random_trunk" ? "lpips" : metric, ".yaml");
}

}  // namespace

bool is_lpips(const std::string& metric) {
  return metric == "lpips" || metric == "lpips_random_trunk";
}

Result<Metric> metric_named(const std::string& name) {
  const auto& schemas = embedded_schemas();
  const auto found = schemas.find(schema_of(name));
  if (found == schemas.end()) {
    return not_found(concat("no metric '", name, "': schemas/metrics describes none of that name"));
  }
  Metric metric;
  metric.name = name;
  metric.unit = field(found->second, "unit");
  if (metric.unit == "1") metric.unit = "";
  if (metric.unit == "dB") metric.decimals = 2;
  const std::string better = field(found->second, "better");
  if (better != "higher" && better != "lower") {
    return internal_error(concat("schemas/", schema_of(name), ": better is '", better,
                                 "'; expected higher or lower"));
  }
  metric.higher_is_better = better == "higher";
  return metric;
}

}  // namespace cox::report
