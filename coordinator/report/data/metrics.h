#pragma once

#include <array>
#include <string>

#include "base/status.h"

namespace cox::report {

/// The metrics with a column of their own in v_results, in its order.
inline constexpr std::array kMetricColumns = {"psnr", "ssim", "lpips", "lpips_random_trunk"};

/// Whether a metric's values depend on weights: of two runs they compare only when both name the
/// same file's content.
bool is_lpips(const std::string& metric);

/// What schemas/metrics says about a metric.
struct Metric {
  std::string name;
  std::string unit;  ///< "" when it is a plain number
  bool higher_is_better = true;
  int decimals = 4;  ///< with which its values are read
};

/// kNotFound when no schema describes it: without a direction nothing can be said to be better.
Result<Metric> metric_named(const std::string& name);

}  // namespace cox::report
