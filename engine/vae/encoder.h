#pragma once

#include <ATen/core/Tensor.h>

#include <optional>
#include <vector>

#include "engine/vae/config.h"
#include "engine/vae/group_resample.h"
#include "engine/vae/mid_block.h"
#include "engine/vae/resample.h"

namespace cox::engine {

/// Encodes pixels to moments, one chunk at a time.
class VaeEncoder {
 public:
  VaeEncoder(const VaeBuild& build, const VaeConfig& config);

  /// Frames [B, T, H, W, in_channels] -> [B, T', h, w, 2z], before quant_conv. T is 1 in the first
  /// chunk, temporal_scale later.
  at::Tensor forward(const at::Tensor& frames, FeatureCache& cache) const;

 private:
  struct Level {
    std::vector<ResidualBlock> blocks;
    std::optional<Downsample> down;
    std::int64_t channels = 0;                ///< of the output
    std::optional<ResampleFactors> shortcut;  ///< of the residual layout
  };

  Level make_level(const VaeBuild& build, const VaeConfig& config, std::size_t index,
                   std::int64_t channels, int& number) const;

  CausalConv3d conv_in_;
  std::vector<Level> levels_;
  MidBlock mid_;
  ChannelNorm norm_out_;
  CausalConv3d conv_out_;
};

}  // namespace cox::engine
