#pragma once

#include <ATen/core/Tensor.h>

#include <optional>
#include <vector>

#include "engine/vae/config.h"
#include "engine/vae/group_resample.h"
#include "engine/vae/mid_block.h"
#include "engine/vae/resample.h"

namespace cox::engine {

/// Decodes latents to pixels, one latent frame at a time.
class VaeDecoder {
 public:
  VaeDecoder(const VaeBuild& build, const VaeConfig& config);

  /// Frames [B, 1, h, w, z], after post_quant_conv -> [B, T, H, W, out_channels], not clamped. T is
  /// 1 in the first chunk, temporal_scale later.
  at::Tensor forward(const at::Tensor& frames, FeatureCache& cache) const;

 private:
  struct Level {
    std::vector<ResidualBlock> blocks;
    std::optional<Upsample> up;
    std::int64_t channels = 0;                ///< of the output
    std::optional<ResampleFactors> shortcut;  ///< of the residual layout
  };

  CausalConv3d conv_in_;
  MidBlock mid_;
  std::vector<Level> levels_;
  ChannelNorm norm_out_;
  CausalConv3d conv_out_;
};

}  // namespace cox::engine
