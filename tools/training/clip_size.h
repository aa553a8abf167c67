#pragma once

#include "engine/vae/config.h"
#include "tools/training/render.h"

namespace cox::engine {

/// Throws EngineError(kUser) unless the VAE can encode clips of this size without dropping pixels:
/// height and width are multiples of its spatial scale, frames are 1 + a multiple of its temporal
/// scale.
void require_clip_size(const RenderSize& size, const VaeConfig& config);

/// Throws EngineError(kUser) unless the VAE can encode `frames` frames without dropping any and
/// they are at least `least`. `name` is the option's name in messages.
void require_clip_frames(int64_t frames, int64_t least, const VaeConfig& config, const char* name);

}  // namespace cox::engine
