#include "tools/training/vae_quality.h"

#include <ATen/ops/log10.h>

#include <algorithm>
#include <vector>

#include "engine/tensors/torch.h"

namespace cox::engine {

at::Tensor frame_psnr(const at::Tensor& shown, const at::Tensor& truth) {
  return at::log10((shown - truth).square().mean({1, 3, 4})) * -10;
}

at::Tensor pictures_of(const VideoVae& vae, const at::Tensor& latents) {
  return (vae.decode(vae.denormalize(latents)).to(at::kFloat) + 1) / 2;
}

at::Tensor reconstruct(const VideoVae& vae, const at::Tensor& pictures) {
  return pictures_of(vae, vae.normalize(vae.encode(pictures * 2 - 1).mean));
}

VaeQuality measure_vae(const VideoVae& vae, const Domain& domain, const RenderSize& size,
                       uint64_t seed, int64_t clips, at::Device device) {
  constexpr int64_t kClipsAtOnce = 16;
  std::vector<at::Tensor> values;
  for (int64_t done = 0; done < clips; done += kClipsAtOnce) {
    const uint64_t first = kHeldOutScene + static_cast<uint64_t>(done);
    const std::vector<Scene> scenes =
        sample_scenes(domain, seed, first, std::min(kClipsAtOnce, clips - done), size);
    const at::Tensor pictures = render(scenes, size, device);
    values.push_back(frame_psnr(reconstruct(vae, pictures), pictures));
  }
  const at::Tensor per_clip = at::cat(values).mean(1);
  return {per_clip.mean().item<double>(), per_clip.min().item<double>()};
}

}  // namespace cox::engine
