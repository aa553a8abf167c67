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

}  // namespace cox::engine
