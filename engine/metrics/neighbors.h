#pragma once

#include <ATen/core/Tensor.h>

#include <string>

namespace cox::engine {

/// Throws EngineError(kUser) unless there are `least` frames or more: `metric` compares frames with
/// one another.
void check_neighbors(const at::Tensor& frames, const std::string& metric, std::int64_t least = 2);

/// The mean absolute difference of neighboring frames of [F, ...], in double precision.
double mean_difference(const at::Tensor& frames, const std::string& metric);

}  // namespace cox::engine
