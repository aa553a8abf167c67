#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/status.h"

namespace cox::report {

/// A metric as schemas/metrics describes it.
struct Metric {
  std::string name;
  std::string unit;  ///< "" when it is a plain number
  bool higher_is_better = true;
  int decimals = 4;      ///< with which its values are shown
  bool weights = false;  ///< values are comparable only when measured with the same weights file
};

/// "psnr (dB)", or the name of a metric without a unit.
std::string metric_title(const Metric& metric);

/// What follows a number of the metric: its unit, or its name when it has none.
std::string unit_or_name(const Metric& metric);

/// Every metric that a result may hold, in the order of the tables.
const std::vector<Metric>& known_metrics();

/// kNotFound when no schema describes it: without a direction nothing can be said to be better.
Result<Metric> metric_named(const std::string& name);

/// The metric whose value, mean or error a column holds: `psnr`, `psnr_se`, `psnr_difference`.
/// nullptr when the column holds something else.
const Metric* metric_of_column(std::string_view column);

/// The column of v_results and v_runs with the digest of the weights that the metric's values
/// depend on, `NAME_weights_digest`: two runs compare in the metric only when both have the same
/// there. "" for a metric without weights.
std::string weights_column(const std::string& metric);

/// The metrics with a separate column in v_results, in its order.
std::vector<std::string> metric_columns();

/// Every column that weights_column answers with.
std::vector<std::string> weights_columns();

}  // namespace cox::report
