#pragma once

#include <memory>
#include <set>
#include <string>

#include "engine/adaptation/method.h"

namespace cox::engine {

struct LoraSettings {
  int64_t rank = 1;
  double scale = 1;             ///< of the product up down x
  std::set<std::string> sites;  ///< linear layers by their name below a block
  int64_t first_block = 0;      ///< blocks before it are not adapted
};

/// Pairs of low-rank matrices beside linear layers, unmerged. Trained tensors are named
/// `blocks.I.LAYER.A` (down, [rank, in]) and `.B` (up, [out, rank]).
/// Throws EngineError (cause user) when no layer of the backbone is named.
std::unique_ptr<Adaptation> attach_lora(const LoraSettings& settings, const MethodContext& context);

}  // namespace cox::engine
