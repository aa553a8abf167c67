#pragma once

#include "engine/vae/video_vae.h"
#include "tools/training/render.h"

namespace cox::engine {

/// Returns the PSNR in dB of each frame, for pixels in [0, 1]: two clips [N, 3, F, H, W] -> [N, F].
at::Tensor frame_psnr(const at::Tensor& shown, const at::Tensor& truth);

/// Passes clips [N, 3, F, H, W] in [0, 1] through the VAE as jobs do: posterior mean, normalized
/// and back.
at::Tensor reconstruct(const VideoVae& vae, const at::Tensor& pictures);

/// Decodes latents in the transformer's form to pictures in [0, 1], fp32.
at::Tensor pictures_of(const VideoVae& vae, const at::Tensor& latents);

struct VaeQuality {
  double psnr_db = 0;  ///< mean over clips and frames
  double worst_clip_db = 0;
};

/// Measures the reconstruction of the first `clips` held-out scenes of a domain, in whole clips, on
/// `device`.
VaeQuality measure_vae(const VideoVae& vae, const Domain& domain, const RenderSize& size,
                       uint64_t seed, int64_t clips, at::Device device);

}  // namespace cox::engine
