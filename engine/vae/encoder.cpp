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
    Level level;
    for (std::int64_t block = 0; block < config.num_res_blocks; ++block) {
      level.blocks.emplace_back(build.at(fmt::format("down_blocks.{}", number++)), channels,
                                width_of_level(config, i));
      channels = width_of_level(config, i);
    }
    if (i + 1 < config.dim_mult.size()) {
      level.down.emplace(build.at(fmt::format("down_blocks.{}", number++)), channels,
                         config.temporal_downsample[i]);
    }
    levels_.push_back(std::move(level));
  }
}

at::Tensor VaeEncoder::forward(const at::Tensor& frames, FeatureCache& cache) const {
  at::Tensor x = conv_in_.forward(frames, cache);
  for (const Level& level : levels_) {
    for (const ResidualBlock& block : level.blocks) x = block.forward(x, cache);
    if (level.down) x = level.down->forward(x, cache);
  }
  x = mid_.forward(x, cache);
  return conv_out_.forward(at::silu(norm_out_.forward(x)), cache);
}

}  // namespace cox::engine
