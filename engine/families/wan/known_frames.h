#pragma once

#include <ATen/core/Tensor.h>

#include "engine/vae/video_vae.h"

namespace cox::engine::wan {

/// Returns the channel condition of Wan2.1's image-to-video models, [1, 4 + C, T, h, w] fp32: the
/// mask of known frames, then the normalized latents of the known frames before gray ones. pixels
/// [1, 3, known frames, H, W] in [-1, 1].
at::Tensor known_frames_condition(const VideoVae& vae, const at::Tensor& pixels,
                                  std::int64_t latent_frames);

}  // namespace cox::engine::wan
