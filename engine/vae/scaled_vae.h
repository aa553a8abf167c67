#pragma once

#include <ATen/core/grad_mode.h>

#include <memory>
#include <string>
#include <utility>

#include "engine/checkpoint/weight_source.h"
#include "engine/vae/level_config.h"
#include "engine/vae/video_vae.h"

namespace cox::engine {

/// Encoder and decoder of a VAE with their weights.
class VaeCoder {
 public:
  virtual ~VaeCoder() = default;
  /// pixels [B, 3, F, H, W] -> moments [B, 2z, T, h, w].
  virtual at::Tensor encode(const at::Tensor& pixels) const = 0;
  /// latents [B, z, T, h, w] -> pixels.
  virtual at::Tensor decode(const at::Tensor& latents) const = 0;
};

/// A VAE that normalizes latents by one factor.
class ScaledVae final : public VideoVae {
 public:
  /// `spatial_scale` is the pixels on a side of a latent.
  ScaledVae(const LevelConfig& config, int64_t spatial_scale, std::unique_ptr<VaeCoder> coder,
            at::ScalarType dtype, at::Device device);

  Posterior encode(const at::Tensor& pixels) const override;
  at::Tensor decode(const at::Tensor& latents) const override;
  at::Tensor normalize(const at::Tensor& latents) const override;
  at::Tensor denormalize(const at::Tensor& latents) const override;
  int64_t spatial_scale() const override { return spatial_scale_; }

 private:
  LevelConfig config_;
  int64_t spatial_scale_;
  std::unique_ptr<VaeCoder> coder_;
  at::ScalarType dtype_;
  at::Device device_;
};

/// Loads a VAE whose weights are the Coder's, `Coder(config, source)`, from `directory` after a
/// strict check of their keys. `model` names it in messages.
template <typename Coder, typename Config>
std::unique_ptr<VideoVae> load_scaled_vae(const Config& config, const std::string& directory,
                                          const std::string& model, at::ScalarType dtype,
                                          at::Device device) {
  const at::NoGradGuard no_grad;
  std::unique_ptr<VaeCoder> coder(
      new Coder(load_network<Coder>(config, directory, model, dtype, device)));
  return std::make_unique<ScaledVae>(config, config.spatial_scale(), std::move(coder), dtype,
                                     device);
}

}  // namespace cox::engine
