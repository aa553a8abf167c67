#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "engine/checkpoint/weight_source.h"
#include "engine/vae/feature_cache.h"

namespace cox::engine {

/// The context in which a layer is built: weights, its name in the checkpoint, the next cache slot.
struct VaeBuild {
  WeightSource& weights;
  SlotCounter& slots;
  std::string name;

  VaeBuild at(const std::string& child) const {
    return {weights, slots, name.empty() ? child : name + "." + child};
  }
  at::Tensor take(const std::string& parameter, const std::vector<std::int64_t>& shape) const {
    return weights.take(name + "." + parameter, shape);
  }
};

/// Builds the `count` blocks of a level, `resnets.0` onwards; the first one takes `in` channels,
/// and all give `out`.
template <typename Block, typename Config>
std::vector<Block> built_blocks(const VaeBuild& build, std::int64_t count, std::int64_t in,
                                std::int64_t out, const Config& config) {
  std::vector<Block> blocks;
  for (std::int64_t i = 0; i < count; ++i) {
    blocks.emplace_back(build.at("resnets." + std::to_string(i)), i == 0 ? in : out, out, config);
  }
  return blocks;
}

}  // namespace cox::engine
