#include "engine/vae/attention_block.h"

#include "engine/tensors/torch.h"

namespace cox::engine {

AttentionBlock::AttentionBlock(const VaeBuild& build, std::int64_t channels)
    : norm_(build.at("norm"), channels, 2),
      qkv_weight_(build.take("to_qkv.weight", {3 * channels, channels, 1, 1}).flatten(1)),
      qkv_bias_(build.take("to_qkv.bias", {3 * channels})),
      proj_weight_(build.take("proj.weight", {channels, channels, 1, 1}).flatten(1)),
      proj_bias_(build.take("proj.bias", {channels})) {}

at::Tensor AttentionBlock::forward(const at::Tensor& frames) const {
  // [B*T, 1 head, H*W, C]
  const at::Tensor pixels = frames.flatten(2, 3).flatten(0, 1).unsqueeze(1);
  const auto qkv = at::linear(norm_.forward(pixels), qkv_weight_, qkv_bias_).chunk(3, -1);
  const at::Tensor mixed = at::scaled_dot_product_attention(qkv[0], qkv[1], qkv[2]);
  return at::linear(mixed, proj_weight_, proj_bias_).view(frames.sizes()).add_(frames);
}

}  // namespace cox::engine
