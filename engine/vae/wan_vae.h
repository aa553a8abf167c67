#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <memory>
#include <string>

#include "engine/vae/config.h"
#include "engine/vae/posterior.h"
#include "engine/vae/video_vae.h"

namespace cox::engine {

/// The result of encoding a video. The first latent frame holds one pixel frame, each later one a
/// group of temporal_scale (4), so the last (F - 1) mod 4 pixel frames are dropped. Callers report
/// `dropped_frames`.
struct EncodedVideo {
  Posterior posterior;
  std::int64_t encoded_frames = 0;  ///< pixel frames that the latents hold
  std::int64_t dropped_frames = 0;  ///< pixel frames at the end that they do not
};

/// The VAE of Wan 2.1 or the residual one of Wan 2.2 (diffusers key names). Weights are frozen.
/// Videos are cut into chunks whose temporal layers remember the frames before them: encoding takes
/// 1 pixel frame, then groups of 4; decoding one latent frame at a time. Const methods keep no
/// state between calls; owned by one thread.
class WanVae {
 public:
  /// Loads `<directory>/config.json` and its weights. Throws EngineError(kUser) for a bad config
  /// or for missing, extra or misshapen tensors, naming the first ones.
  static std::unique_ptr<WanVae> load(const std::string& directory, at::ScalarType dtype,
                                      at::Device device);
  ~WanVae();

  /// pixels [B, 3, F, H, W] in [-1, 1], moved to the VAE's dtype and device; F >= 1, H and W
  /// multiples of spatial_scale. Latents are not normalized.
  EncodedVideo encode(const at::Tensor& pixels) const;

  /// latents [B, z, T, h, w], not normalized -> pixels [B, 3, 4T-3, H, W], H and W spatial_scale
  /// times h and w, clamped to [-1, 1].
  at::Tensor decode(const at::Tensor& latents) const;

  /// Convert into and out of the transformer's latent space: engine/vae/latent_space.h.
  at::Tensor normalize(const at::Tensor& latents) const;
  at::Tensor denormalize(const at::Tensor& latents) const;

  std::int64_t latent_frames(std::int64_t pixel_frames) const;
  std::int64_t pixel_frames(std::int64_t latent_frames) const;
  const VaeConfig& config() const;

 private:
  struct State;
  explicit WanVae(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

/// The same VAE for whole latent frames: encode takes 1 + 4k pixel frames.
class WanCodec final : public VideoVae {
 public:
  explicit WanCodec(std::unique_ptr<WanVae> vae) : vae_(std::move(vae)) {}

  Posterior encode(const at::Tensor& pixels) const override {
    return vae_->encode(pixels).posterior;
  }
  at::Tensor decode(const at::Tensor& latents) const override { return vae_->decode(latents); }
  at::Tensor normalize(const at::Tensor& latents) const override {
    return vae_->normalize(latents);
  }
  at::Tensor denormalize(const at::Tensor& latents) const override {
    return vae_->denormalize(latents);
  }
  int64_t spatial_scale() const override { return vae_->config().spatial_scale(); }

 private:
  std::unique_ptr<WanVae> vae_;
};

}  // namespace cox::engine
