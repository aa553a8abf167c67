#pragma once

#include "engine/vae/video_vae.h"
#include "tools/training/render.h"

namespace cox::engine {

/// PSNR in dB of each frame, pixels in [0, 1]: two clips [N, 3, F, H, W] -> [N, F].
at::Tensor frame_psnr(const at::Tensor& shown, const at::Tensor& truth);

/// Clips [N, 3, F, H, W] in [0, 1] through the VAE as in use: posterior mean, normalized and back.
at::Tensor reconstruct(const VideoVae& vae, const at::Tensor& pictures);

/// Latents as the transformer has them -> pictures in [0, 1], fp32.
at::Tensor pictures_of(const VideoVae& vae, const at::Tensor& latents);

struct VaeQuality {
  double psnr_db = 0;  ///< mean over clips and frames
  double worst_clip_db = 0;
};

/// Reconstruction of the first `clips` held-out scenes of a domain, whole clips, on `device`.
VaeQuality measure_vae(const VideoVae& vae, const Domain& domain, const RenderSize& size,
                       uint64_t seed, int64_t clips, at::Device device);

}  // namespace cox::engine
