#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "engine/checkpoint/weight_map.h"

namespace cox::engine {

struct Draw {
  std::uint64_t seed = 0;
  at::Device device = at::kCPU;  ///< draws the numbers; a GPU and a CPU draw different ones
  at::ScalarType dtype = at::kFloat;
};

/// Seeded values on the CPU for the weights of a network, by name and shape, such that activations
/// keep about unit size: matrices and kernels of variance 1 / fan-in, gains near 1, small biases;
/// no value is exactly a special value. Each tensor depends only on the draw and its name.
std::map<std::string, at::Tensor> random_weights(const std::vector<ExpectedTensor>& tensors,
                                                 const Draw& draw);

constexpr std::int64_t kShardBytes = std::int64_t{4} << 30;

/// Writes the weights as `stem`.safetensors or, if they are larger than a shard, in the layout of
/// published models: `stem`-00001-of-0000N.safetensors and `stem`.safetensors.index.json. Only one
/// shard is in memory at a time. Throws EngineError(kCrash) if writing fails.
void save_random_weights(const std::string& stem, const std::vector<ExpectedTensor>& tensors,
                         const Draw& draw, std::int64_t shard_bytes = kShardBytes);

}  // namespace cox::engine
