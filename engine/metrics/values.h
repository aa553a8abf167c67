#pragma once

#include <ATen/core/Tensor.h>

#include <vector>

namespace cox::engine {

/// Copies [F] from any device to a vector of numbers.
std::vector<double> frame_values(const at::Tensor& values);

/// Returns the mean of each frame of [F, ...], summed in double precision.
std::vector<double> frame_means(const at::Tensor& values);

}  // namespace cox::engine
