#include "engine/families/wan/known_frames.h"

#include "engine/diffusion/flow_sampler.h"
#include "engine/tensors/torch.h"
#include "record/latent_frames.h"

namespace cox::engine::wan {

at::Tensor known_frames_condition(const VideoVae& vae, const at::Tensor& pixels,
                                  std::int64_t latent_frames) {
  const at::NoGradGuard no_grad;
  const std::int64_t known = pixels.size(2);
  std::vector<std::int64_t> gray = pixels.sizes().vec();
  gray[2] = pixel_frames_of(latent_frames) - known;
  const at::Tensor clip = at::cat({pixels, at::zeros(gray, pixels.options())}, 2);
  const at::Tensor latents = vae.normalize(vae.encode(clip).mean).to(at::kFloat);
  const at::Tensor mask =
      known_frame_mask(known, latent_frames, latents.size(3), latents.size(4)).to(latents.device());
  return at::cat({mask, latents}, 1);
}

}  // namespace cox::engine::wan
