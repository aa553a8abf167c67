#pragma once

#include <ATen/core/Tensor.h>

#include <vector>

#include "engine/vae/cogvideox/layers.h"
#include "engine/vae/scaled_vae.h"

namespace cox::engine::cogvideox_vae {

/// Pixels [B, 3, T, H, W] -> moments [B, 2z, t, h, w], one chunk of a video at a time.
class Encoder {
 public:
  Encoder(const VaeBuild& build, const CogVideoXVaeConfig& config);
  at::Tensor forward(const at::Tensor& pixels, FeatureCache& cache) const;

 private:
  struct Level {
    std::vector<EncoderBlock> blocks;
    std::optional<Resample> down;
  };

  CausalConv conv_in_;
  std::vector<Level> levels_;
  std::vector<EncoderBlock> mid_;
  GroupNorm3d norm_out_;
  CausalConv conv_out_;
};

/// Latents [B, z, t, h, w] -> pixels [B, 3, T, H, W], one chunk of a video at a time.
class Decoder {
 public:
  Decoder(const VaeBuild& build, const CogVideoXVaeConfig& config);
  at::Tensor forward(const at::Tensor& latents, FeatureCache& cache) const;

 private:
  struct Level {
    std::vector<DecoderBlock> blocks;
    std::optional<Resample> up;
  };

  CausalConv conv_in_;
  std::vector<DecoderBlock> mid_;
  std::vector<Level> levels_;
  SpatialNorm norm_out_;
  CausalConv conv_out_;
};

/// Every weight of the VAE, and the division of videos into chunks: the remainder of frames goes
/// into the first one. Group norms cover one chunk, so the division affects the result.
class Networks final : public VaeCoder {
 public:
  Networks(const CogVideoXVaeConfig& config, WeightSource& weights);

  at::Tensor encode(const at::Tensor& pixels) const override;
  at::Tensor decode(const at::Tensor& latents) const override;

 private:
  SlotCounter encoder_slots_;  // counted while the networks below are built
  SlotCounter decoder_slots_;
  Encoder encoder_;
  Decoder decoder_;
};

}  // namespace cox::engine::cogvideox_vae
