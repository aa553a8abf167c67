#pragma once

#include <vector>

#include "engine/tensors/torch.h"

namespace cox::engine {

/// [F] on any device to numbers.
std::vector<double> frame_values(const at::Tensor& values);

/// The mean of each frame of [F, ...], summed in double precision.
std::vector<double> frame_means(const at::Tensor& values);

}  // namespace cox::engine
