#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/status.h"

namespace cox::report {

/// What schemas/metrics says about a metric.
struct Metric {
  std::string name;
  std::string unit;  ///< "" when it is a plain number
  bool higher_is_better = true;
  int decimals = 4;      ///< with which its values are shown
  bool weights = false;  ///< values are comparable only when measured with the same weights file
};

/// Every metric that a result may hold, in the order of the tables.
const std::vector<Metric>& known_metrics();

/// kNotFound when no schema describes it: without a direction nothing can be said to be better.
Result<Metric> metric_named(const std::string& name);

/// The metric whose value, mean or error a column holds: `psnr`, `psnr_se`, `psnr_difference`.
/// nullptr when the column holds something else.
const Metric* metric_of_column(std::string_view column);

/// Whether two runs can be compared in the metric only when both name the same weights file.
bool depends_on_weights(const std::string& metric);

}  // namespace cox::report
