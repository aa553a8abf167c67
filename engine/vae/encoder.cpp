#include "engine/vae/encoder.h"

#include <fmt/format.h>

#include "engine/tensors/torch.h"

namespace cox::engine {
namespace {

std::int64_t width_of_level(const VaeConfig& config, std::size_t level) {
  return config.base_dim * config.dim_mult[level];
}

}  // namespace

VaeEncoder::VaeEncoder(const VaeBuild& build, const VaeConfig& config)
    : conv_in_(build.at("conv_in"), config.in_channels, config.base_dim),
      mid_(build.at("mid_block"), config.base_dim * config.dim_mult.back()),
      norm_out_(build.at("norm_out"), config.base_dim * config.dim_mult.back(), 3),
      conv_out_(build.at("conv_out"), config.base_dim * config.dim_mult.back(), 2 * config.z_dim) {
  std::int64_t channels = config.base_dim;
  int number = 0;  // blocks and downsamplers of all levels share one numbering
  for (std::size_t i = 0; i < config.dim_mult.size(); ++i) {
    levels_.push_back(make_level(build, config, i, channels, number));
    channels = levels_.back().channels;
  }
}

VaeEncoder::Level VaeEncoder::make_level(const VaeBuild& build, const VaeConfig& config,
                                         std::size_t index, std::int64_t channels,
                                         int& number) const {
  // The residual layout numbers levels, and blocks within each level.
  const VaeBuild here = build.at(fmt::format("down_blocks.{}", index));
  const auto block_at = [&](std::int64_t block) {
    return config.residual ? here.at(fmt::format("resnets.{}", block))
                           : build.at(fmt::format("down_blocks.{}", number++));
  };
  const bool is_last = index + 1 == config.dim_mult.size();
  const bool temporal = !is_last && config.temporal_downsample[index];
  Level level;
  level.channels = width_of_level(config, index);
  for (std::int64_t block = 0; block < config.num_res_blocks; ++block) {
    level.blocks.emplace_back(block_at(block), block == 0 ? channels : level.channels,
                              level.channels);
  }
  if (!is_last) {
    level.down.emplace(config.residual ? here.at("downsampler")
                                       : build.at(fmt::format("down_blocks.{}", number++)),
                       level.channels, temporal);
  }
  if (config.residual) level.shortcut = ResampleFactors{temporal ? 2 : 1, is_last ? 1 : 2};
  return level;
}

at::Tensor VaeEncoder::forward(const at::Tensor& frames, FeatureCache& cache) const {
  at::Tensor x = conv_in_.forward(frames, cache);
  for (const Level& level : levels_) {
    const at::Tensor kept =
        level.shortcut ? average_down(x, level.channels, *level.shortcut) : at::Tensor();
    for (const ResidualBlock& block : level.blocks) x = block.forward(x, cache);
    if (level.down) x = level.down->forward(x, cache);
    if (kept.defined()) x = x + kept;
  }
  x = mid_.forward(x, cache);
  return conv_out_.forward(at::silu(norm_out_.forward(x)), cache);
}

}  // namespace cox::engine
