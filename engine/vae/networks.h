#pragma once

#include <ATen/core/Tensor.h>

#include "engine/vae/decoder.h"
#include "engine/vae/encoder.h"

namespace cox::engine {

/// Every weight of the VAE, and how videos are split into chunks.
class VaeNetworks {
 public:
  VaeNetworks(const VaeConfig& config, WeightSource& weights);

  /// Frames [B, F, H, W, 3] -> moments [B, T, h, w, 2z]. F is 1 + a multiple of `group`.
  at::Tensor encode(const at::Tensor& frames, std::int64_t group) const;
  /// Latents [B, T, h, w, z] -> frames [B, F, H, W, 3], not clamped. After the first, `group`
  /// latent frames are decoded at once; T is 1 + a multiple of it. Equal for every group up to
  /// rounding.
  at::Tensor decode(const at::Tensor& latents, std::int64_t group = 1) const;

 private:
  SlotCounter encoder_slots_;  // counted while the encoder below is built
  SlotCounter decoder_slots_;
  VaeEncoder encoder_;
  PointConv3d quant_conv_;
  PointConv3d post_quant_conv_;
  VaeDecoder decoder_;
};

}  // namespace cox::engine
