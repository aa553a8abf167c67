#include "engine/backbones/open_sora/weights.h"

#include "engine/tensors/torch.h"

namespace cox::engine::open_sora {
namespace {

using enum LinearKind;
using enum NormKind;

/// Sizes of the sinusoidal features of the timestep and the guidance.
constexpr int64_t kFrequencies = 256;

std::vector<Linear> double_projections(const SiteSource& scope, const Config& c) {
  if (c.fused_qkv) {
    return {scope.linear(kQueryKeyValue, "qkv", 3 * c.hidden, c.hidden, c.qkv_bias)};
  }
  return {scope.linear(kQueryKeyValue, "q_proj", c.hidden, c.hidden, c.qkv_bias),
          scope.linear(kQueryKeyValue, "k_proj", c.hidden, c.hidden, c.qkv_bias),
          scope.linear(kQueryKeyValue, "v_proj", c.hidden, c.hidden, c.qkv_bias)};
}

std::vector<Linear> single_projections(const SiteSource& scope, const Config& c) {
  if (c.fused_qkv) {
    return {scope.linear(kQueryKeyValue, "linear1", 3 * c.hidden + c.ffn_hidden, c.hidden)};
  }
  return {scope.linear(kQueryKeyValue, "q_proj", c.hidden, c.hidden),
          scope.linear(kQueryKeyValue, "k_proj", c.hidden, c.hidden),
          scope.linear(kQueryKeyValue, "v_mlp", c.hidden + c.ffn_hidden, c.hidden)};
}

template <typename BlockWeights>
std::vector<BlockWeights> take_blocks(const SiteSource& root, const std::string& list,
                                      int64_t count, int64_t first, const Config& c) {
  std::vector<BlockWeights> blocks;
  for (int64_t i = 0; i < count; ++i) blocks.emplace_back(root.block(list, i, first + i), c);
  return blocks;
}

}  // namespace

Embedder::Embedder(const SiteSource& scope, int64_t in, int64_t out)
    : in_layer(scope.linear(kOther, "in_layer", out, in)),
      out_layer(scope.linear(kOther, "out_layer", out, out)) {}

at::Tensor Embedder::forward(const at::Tensor& x) const {
  return linear_fp32(out_layer, at::silu(linear_fp32(in_layer, x)));
}

HeadGains::HeadGains(const SiteSource& scope, int64_t head_dim)
    : query(scope.norm(kQueryKey, "query_norm.scale", head_dim)),
      key(scope.norm(kQueryKey, "key_norm.scale", head_dim)) {}

StreamWeights::StreamWeights(const SiteSource& block, const std::string& stream, const Config& c)
    : modulation(block.linear(kModulation, stream + "_mod.lin", 6 * c.hidden, c.hidden)),
      projections(double_projections(block.at(stream + "_attn"), c)),
      gains(block.at(stream + "_attn").at("norm"), c.head_dim()),
      out(block.linear(kProjection, stream + "_attn.proj", c.hidden, c.hidden)),
      ffn_in(block.linear(kFeedForward, stream + "_mlp.0", c.ffn_hidden, c.hidden)),
      ffn_out(block.linear(kFeedForward, stream + "_mlp.2", c.hidden, c.ffn_hidden)) {}

DoubleBlockWeights::DoubleBlockWeights(const SiteSource& scope, const Config& c)
    : latents(scope, "img", c), text(scope, "txt", c) {}

SingleBlockWeights::SingleBlockWeights(const SiteSource& scope, const Config& c)
    : projections(single_projections(scope, c)),
      out(scope.linear(kProjection, "linear2", c.hidden, c.hidden + c.ffn_hidden)),
      gains(scope.at("norm"), c.head_dim()),
      modulation(scope.linear(kModulation, "modulation.lin", 3 * c.hidden, c.hidden)) {}

Weights::Weights(const Config& c, WeightSource& source)
    : sites(),
      latents(SiteSource(source, sites).linear(kOther, "img_in", c.hidden, c.in_channels)),
      time(SiteSource(source, sites).at("time_in"), kFrequencies, c.hidden),
      pooled(SiteSource(source, sites).at("vector_in"), c.pooled_channels, c.hidden),
      guidance(c.guidance_embed ? std::optional<Embedder>(
                                      std::in_place, SiteSource(source, sites).at("guidance_in"),
                                      kFrequencies, c.hidden)
                                : std::nullopt),
      condition(
          SiteSource(source, sites).linear(kOther, "cond_in", c.hidden, c.condition_channels())),
      text(SiteSource(source, sites).linear(kOther, "txt_in", c.hidden, c.text_channels)),
      double_blocks(take_blocks<DoubleBlockWeights>(SiteSource(source, sites), "double_blocks",
                                                    c.double_blocks, 0, c)),
      single_blocks(take_blocks<SingleBlockWeights>(SiteSource(source, sites), "single_blocks",
                                                    c.single_blocks, c.double_blocks, c)),
      out(SiteSource(source, sites).linear(kOther, "final_layer.linear", c.in_channels, c.hidden)),
      out_modulation(
          SiteSource(source, sites)
              .linear(kOther, "final_layer.adaLN_modulation.1", 2 * c.hidden, c.hidden)) {}

}  // namespace cox::engine::open_sora
