#pragma once

#include <ATen/core/Tensor.h>

#include <string>

namespace cox::engine {

/// Throws EngineError(kUser) for fewer than two frames, which `metric` cannot compare.
void check_neighbors(const at::Tensor& frames, const std::string& metric);

/// Returns the mean absolute difference of neighboring frames of [F, ...], F >= 2, in double
/// precision.
double mean_difference(const at::Tensor& frames);

}  // namespace cox::engine
