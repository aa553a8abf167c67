#pragma once

#include <ATen/core/Tensor.h>

#include <vector>

#include "engine/vae/hunyuan/layers.h"
#include "engine/vae/scaled_vae.h"

namespace cox::engine::hunyuan_vae {

/// Pixels [B, 3, T, H, W] -> features of the moments [B, 2z, t, h, w].
class Encoder {
 public:
  Encoder(const VaeBuild& build, const HunyuanVaeConfig& config);
  at::Tensor forward(const at::Tensor& pixels) const;

 private:
  struct Level {
    std::vector<ResidualBlock> blocks;
    std::optional<CausalConv> down;
    std::vector<std::int64_t> factors;  ///< for frames, rows and columns
  };

  CausalConv conv_in_;
  std::vector<Level> levels_;
  MidBlock mid_;
  GroupNorm3d norm_out_;
  CausalConv conv_out_;
};

/// Features of latents [B, z, t, h, w] -> pixels [B, 3, T, H, W].
class Decoder {
 public:
  Decoder(const VaeBuild& build, const HunyuanVaeConfig& config);
  at::Tensor forward(const at::Tensor& latents) const;

 private:
  struct Level {
    std::vector<ResidualBlock> blocks;
    std::optional<CausalConv> up;
    std::vector<std::int64_t> factors;
  };

  CausalConv conv_in_;
  MidBlock mid_;
  std::vector<Level> levels_;
  GroupNorm3d norm_out_;
  CausalConv conv_out_;
};

/// Every weight of the VAE.
class Networks final : public VaeCoder {
 public:
  Networks(const HunyuanVaeConfig& config, WeightSource& weights);

  at::Tensor encode(const at::Tensor& pixels) const override;
  at::Tensor decode(const at::Tensor& latents) const override;

 private:
  SlotCounter slots_;  ///< stays empty: a video is processed in one piece
  Encoder encoder_;
  Conv3d quant_conv_;
  Conv3d post_quant_conv_;
  Decoder decoder_;
};

}  // namespace cox::engine::hunyuan_vae
