#pragma once

#include <ATen/core/Tensor.h>

#include <span>

#include "tools/training/scene.h"

namespace cox::engine {

struct RenderSize {
  int64_t height = 96;
  int64_t width = 160;
  int64_t frames = 29;
  double frame_rate = 24;  ///< frames per second of scene time
  int64_t first_frame = 0;
};

/// Scenes first, first + 1, ... of a domain, for pictures of this size.
std::vector<Scene> sample_scenes(const Domain& domain, uint64_t seed, uint64_t first, int64_t count,
                                 const RenderSize& size);

/// Renders the scenes: [N, 3, F, H, W] fp32 RGB in [0, 1] on `device`, computed there by tensor
/// arithmetic only, so that a training loop never waits for pictures.
at::Tensor render(std::span<const Scene> scenes, const RenderSize& size, at::Device device);

}  // namespace cox::engine
