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
  at::Device device = at::kCPU;  ///< where numbers are drawn; a GPU draws others than a CPU
  at::ScalarType dtype = at::kFloat;
};

/// Seeded values on the CPU for the weights of a network, by name and shape, such that activations
/// keep about unit size: matrices and kernels of variance 1 / fan-in, gains near 1, small biases,
/// none exactly at a special value. Each tensor depends on the draw and its name alone.
std::map<std::string, at::Tensor> random_weights(const std::vector<ExpectedTensor>& tensors,
                                                 const Draw& draw);

constexpr std::int64_t kShardBytes = std::int64_t{4} << 30;

/// Writes them as `stem`.safetensors or, when they are larger than a shard, as published models
/// are: `stem`-00001-of-0000N.safetensors and `stem`.safetensors.index.json. One shard at a time is
/// in memory. Throws EngineError(kCrash) when the disk refuses.
void save_random_weights(const std::string& stem, const std::vector<ExpectedTensor>& tensors,
                         const Draw& draw, std::int64_t shard_bytes = kShardBytes);

}  // namespace cox::engine
