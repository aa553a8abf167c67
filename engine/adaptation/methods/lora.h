#pragma once

#include <functional>
#include <memory>

#include "engine/adaptation/method.h"

namespace cox::engine {

struct LoraSettings {
  int64_t rank = 1;
  double scale = 1;    ///< factor of the product up down x
  bool split = false;  ///< a pair for each layer that one fuses
  std::function<bool(const LinearSite&)> adapts =
      {};  ///< which of the backbone's layers get a pair
};

/// Pairs of low-rank matrices parallel to linear layers, unmerged. Trained tensors are named
/// `blocks.I.LAYER.A` (down, [rank, in]) and `.B` (up, [out, rank]). Where the pairs of a fused
/// layer are split into n, `.A` is [n rank, in], and `.B.0` to `.B.n-1` are [out / n, rank].
/// Throws EngineError (cause user) if no layer of the backbone is selected.
std::unique_ptr<Adaptation> attach_lora(const LoraSettings& settings, const MethodContext& context);

}  // namespace cox::engine
