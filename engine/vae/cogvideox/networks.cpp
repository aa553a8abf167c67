#include "engine/vae/cogvideox/networks.h"

#include <fmt/format.h>

#include <algorithm>

#include "engine/tensors/torch.h"

namespace cox::engine::cogvideox_vae {
namespace {

constexpr std::int64_t kMidBlocks = 2;
/// Frames per chunk.
constexpr std::int64_t kPixelFrames = 8;
constexpr std::int64_t kLatentFrames = 2;

/// Runs `network` on chunks of `size` frames; the first chunk also contains the remainder.
template <typename Network>
at::Tensor in_chunks(const Network& network, std::size_t slots, const at::Tensor& x,
                     std::int64_t size) {
  FeatureCache cache(slots);
  const std::int64_t frames = x.size(kTime);
  std::vector<at::Tensor> chunks;
  std::int64_t begin = 0, length = std::min(frames, size + frames % size);
  while (begin < frames) {
    chunks.push_back(network.forward(x.narrow(kTime, begin, length), cache));
    cache.next_chunk();
    begin += length;
    length = size;
  }
  return at::cat(chunks, kTime);
}

}  // namespace

Encoder::Encoder(const VaeBuild& build, const CogVideoXVaeConfig& config)
    : conv_in_(build.at("conv_in"), config.in_channels, config.channels.front()),
      mid_(built_blocks<EncoderBlock>(build.at("mid_block"), kMidBlocks, config.channels.back(),
                                      config.channels.back(), config)),
      norm_out_(build.at("norm_out"), config.channels.back(), config.groups, kEpsilon),
      conv_out_(build.at("conv_out"), config.channels.back(), 2 * config.latent_channels) {
  std::int64_t channels = config.channels.front();
  for (std::size_t i = 0; i < config.channels.size(); ++i) {
    const VaeBuild at = build.at(fmt::format("down_blocks.{}", i));
    Level level;
    level.blocks =
        built_blocks<EncoderBlock>(at, config.blocks, channels, config.channels[i], config);
    channels = config.channels[i];
    if (i + 1 < config.channels.size()) {
      level.down.emplace(at.at("downsamplers.0"), channels,
                         static_cast<std::int64_t>(i) < config.temporal_levels);
    }
    levels_.push_back(std::move(level));
  }
}

at::Tensor Encoder::forward(const at::Tensor& pixels, FeatureCache& cache) const {
  at::Tensor x = conv_in_.forward(pixels, cache);
  for (const Level& level : levels_) {
    for (const EncoderBlock& block : level.blocks) x = block.forward(x, cache);
    if (level.down) x = level.down->down(x);
  }
  for (const EncoderBlock& block : mid_) x = block.forward(x, cache);
  return conv_out_.forward(at::silu(norm_out_.forward(x)), cache);
}

Decoder::Decoder(const VaeBuild& build, const CogVideoXVaeConfig& config)
    : conv_in_(build.at("conv_in"), config.latent_channels, config.channels.back()),
      mid_(built_blocks<DecoderBlock>(build.at("mid_block"), kMidBlocks, config.channels.back(),
                                      config.channels.back(), config)),
      norm_out_(build.at("norm_out"), config.channels.front(), config),
      conv_out_(build.at("conv_out"), config.channels.front(), config.out_channels) {
  const std::vector<std::int64_t> widths(config.channels.rbegin(), config.channels.rend());
  std::int64_t channels = widths.front();
  for (std::size_t i = 0; i < widths.size(); ++i) {
    const VaeBuild at = build.at(fmt::format("up_blocks.{}", i));
    Level level;
    level.blocks = built_blocks<DecoderBlock>(at, config.blocks + 1, channels, widths[i], config);
    channels = widths[i];
    if (i + 1 < widths.size()) {
      level.up.emplace(at.at("upsamplers.0"), channels,
                       static_cast<std::int64_t>(i) < config.temporal_levels);
    }
    levels_.push_back(std::move(level));
  }
}

at::Tensor Decoder::forward(const at::Tensor& latents, FeatureCache& cache) const {
  at::Tensor x = conv_in_.forward(latents, cache);
  for (const DecoderBlock& block : mid_) x = block.forward(x, latents, cache);
  for (const Level& level : levels_) {
    for (const DecoderBlock& block : level.blocks) x = block.forward(x, latents, cache);
    if (level.up) x = level.up->up(x);
  }
  return conv_out_.forward(at::silu(norm_out_.forward(x, latents)), cache);
}

Networks::Networks(const CogVideoXVaeConfig& config, WeightSource& weights)
    : encoder_(VaeBuild{weights, encoder_slots_, "encoder"}, config),
      decoder_(VaeBuild{weights, decoder_slots_, "decoder"}, config) {}

at::Tensor Networks::encode(const at::Tensor& pixels) const {
  return in_chunks(encoder_, encoder_slots_.count(), pixels, kPixelFrames);
}

at::Tensor Networks::decode(const at::Tensor& latents) const {
  return in_chunks(decoder_, decoder_slots_.count(), latents, kLatentFrames);
}

}  // namespace cox::engine::cogvideox_vae
