#include "engine/vae/decoder.h"

#include <fmt/format.h>

#include "engine/tensors/torch.h"

namespace cox::engine {

VaeDecoder::VaeDecoder(const VaeBuild& build, const VaeConfig& config)
    : conv_in_(build.at("conv_in"), config.z_dim, config.decoder_base_dim * config.dim_mult.back()),
      mid_(build.at("mid_block"), config.decoder_base_dim * config.dim_mult.back()),
      norm_out_(build.at("norm_out"), config.decoder_base_dim * config.dim_mult.front(), 3),
      conv_out_(build.at("conv_out"), config.decoder_base_dim * config.dim_mult.front(),
                config.out_channels) {
  const std::size_t levels = config.dim_mult.size();
  std::int64_t channels = config.decoder_base_dim * config.dim_mult.back();
  for (std::size_t i = 0; i < levels; ++i) {
    const VaeBuild here = build.at(fmt::format("up_blocks.{}", i));
    const std::int64_t width = config.decoder_base_dim * config.dim_mult[levels - 1 - i];
    Level level;
    for (std::int64_t block = 0; block <= config.num_res_blocks; ++block) {
      level.blocks.emplace_back(here.at(fmt::format("resnets.{}", block)), channels, width);
      channels = width;
    }
    if (i + 1 < levels) {
      const bool temporal = config.temporal_downsample[levels - 2 - i];  // mirrors the encoder
      if (config.residual) {
        level.up.emplace(here.at("upsampler"), channels, channels, temporal);
        level.shortcut = ResampleFactors{temporal ? 2 : 1, 2};
      } else {
        level.up.emplace(here.at("upsamplers.0"), channels, channels / 2, temporal);
        channels /= 2;
      }
    }
    level.channels = channels;
    levels_.push_back(std::move(level));
  }
}

at::Tensor VaeDecoder::forward(const at::Tensor& frames, FeatureCache& cache) const {
  at::Tensor x = mid_.forward(conv_in_.forward(frames, cache), cache);
  for (const Level& level : levels_) {
    const at::Tensor kept =
        level.shortcut ? duplicate_up(x, level.channels, *level.shortcut, cache.in_first_chunk())
                       : at::Tensor();
    for (const ResidualBlock& block : level.blocks) x = block.forward(x, cache);
    if (level.up) x = level.up->forward(x, cache);
    if (kept.defined()) x = x + kept;
  }
  return conv_out_.forward(at::silu(norm_out_.forward(x)), cache);
}

}  // namespace cox::engine
