#include "engine/vae/hunyuan/networks.h"

#include <fmt/format.h>

#include "engine/tensors/torch.h"

namespace cox::engine::hunyuan_vae {
namespace {

constexpr std::int64_t kTime = 2;

bool resamples(const std::vector<std::int64_t>& factors) {
  return factors[0] * factors[1] * factors[2] > 1;
}

/// Repeats pixels and frames; the first frame is not repeated in time.
at::Tensor enlarged(const at::Tensor& x, const std::vector<std::int64_t>& factors) {
  const at::Tensor first = repeat_nearest(x.narrow(kTime, 0, 1), {1, factors[1], factors[2]});
  if (x.size(kTime) == 1) return first;
  return at::cat({first, repeat_nearest(x.narrow(kTime, 1, x.size(kTime) - 1), factors)}, kTime);
}

}  // namespace

Encoder::Encoder(const VaeBuild& build, const HunyuanVaeConfig& config)
    : conv_in_(build.at("conv_in"), config.in_channels, config.channels.front()),
      mid_(build.at("mid_block"), config.channels.back(), config),
      norm_out_(build.at("conv_norm_out"), config.channels.back(), config.groups, kEpsilon),
      conv_out_(build.at("conv_out"), config.channels.back(), 2 * config.latent_channels) {
  std::int64_t channels = config.channels.front();
  for (std::size_t i = 0; i < config.channels.size(); ++i) {
    const VaeBuild at = build.at(fmt::format("down_blocks.{}", i));
    Level level;
    level.blocks =
        built_blocks<ResidualBlock>(at, config.blocks, channels, config.channels[i], config);
    level.factors = config.factors(i);
    channels = config.channels[i];
    if (resamples(level.factors)) {
      level.down.emplace(at.at("downsamplers.0.conv"), channels, channels);
    }
    levels_.push_back(std::move(level));
  }
}

at::Tensor Encoder::forward(const at::Tensor& pixels) const {
  at::Tensor x = conv_in_.forward(pixels);
  for (const Level& level : levels_) {
    for (const ResidualBlock& block : level.blocks) x = block.forward(x);
    if (level.down) x = level.down->forward(x, level.factors);
  }
  x = mid_.forward(x);
  return conv_out_.forward(at::silu(norm_out_.forward(x)));
}

Decoder::Decoder(const VaeBuild& build, const HunyuanVaeConfig& config)
    : conv_in_(build.at("conv_in"), config.latent_channels, config.channels.back()),
      mid_(build.at("mid_block"), config.channels.back(), config),
      norm_out_(build.at("conv_norm_out"), config.channels.front(), config.groups, kEpsilon),
      conv_out_(build.at("conv_out"), config.channels.front(), config.out_channels) {
  const std::vector<std::int64_t> widths(config.channels.rbegin(), config.channels.rend());
  std::int64_t channels = widths.front();
  for (std::size_t i = 0; i < widths.size(); ++i) {
    const VaeBuild at = build.at(fmt::format("up_blocks.{}", i));
    Level level;
    level.blocks = built_blocks<ResidualBlock>(at, config.blocks + 1, channels, widths[i], config);
    level.factors = config.factors(i);
    channels = widths[i];
    if (resamples(level.factors)) {
      level.up.emplace(at.at("upsamplers.0.conv"), channels, channels);
    }
    levels_.push_back(std::move(level));
  }
}

at::Tensor Decoder::forward(const at::Tensor& latents) const {
  at::Tensor x = mid_.forward(conv_in_.forward(latents));
  for (const Level& level : levels_) {
    for (const ResidualBlock& block : level.blocks) x = block.forward(x);
    if (level.up) x = level.up->forward(enlarged(x, level.factors));
  }
  return conv_out_.forward(at::silu(norm_out_.forward(x)));
}

Networks::Networks(const HunyuanVaeConfig& config, WeightSource& weights)
    : encoder_(VaeBuild{weights, slots_, "encoder"}, config),
      quant_conv_(VaeBuild{weights, slots_, "quant_conv"}, 2 * config.latent_channels,
                  2 * config.latent_channels, 1),
      post_quant_conv_(VaeBuild{weights, slots_, "post_quant_conv"}, config.latent_channels,
                       config.latent_channels, 1),
      decoder_(VaeBuild{weights, slots_, "decoder"}, config) {}

at::Tensor Networks::encode(const at::Tensor& pixels) const {
  return quant_conv_.forward(encoder_.forward(pixels));
}

at::Tensor Networks::decode(const at::Tensor& latents) const {
  return decoder_.forward(post_quant_conv_.forward(latents));
}

}  // namespace cox::engine::hunyuan_vae
