#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "engine/checkpoint/weight_source.h"
#include "engine/vae/feature_cache.h"

namespace cox::engine {

/// Where a layer is built: its weights, its name in the checkpoint, the next free cache slot.
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

}  // namespace cox::engine
