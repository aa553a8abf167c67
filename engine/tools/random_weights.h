#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "engine/tensors/weight_map.h"

namespace cox::engine {

/// Seeded fp32 values for the weights of a network, by name and shape, such that activations keep
/// about unit size: matrices and kernels of variance 1 / fan-in, gains near 1, small biases, none
/// exactly at a special value. Each tensor depends on seed and name alone.
std::map<std::string, at::Tensor> random_weights(const std::vector<ExpectedTensor>& tensors,
                                                 std::uint64_t seed);

}  // namespace cox::engine
