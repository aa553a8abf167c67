#include "engine/vae/hunyuan/layers.h"

#include <ATen/ops/replication_pad3d.h>

#include "engine/tensors/torch.h"

namespace cox::engine::hunyuan_vae {
CausalConv::CausalConv(const VaeBuild& build, std::int64_t in, std::int64_t out)
    : conv_(build.at("conv"), in, out, 3) {}

at::Tensor CausalConv::forward(const at::Tensor& x, at::IntArrayRef stride) const {
  return conv_.strided(at::replication_pad3d(x, {1, 1, 1, 1, 2, 0}), stride);
}

ResidualBlock::ResidualBlock(const VaeBuild& build, std::int64_t in, std::int64_t out,
                             const HunyuanVaeConfig& config)
    : norm1_(build.at("norm1"), in, config.groups, kEpsilon),
      conv1_(build.at("conv1"), in, out),
      norm2_(build.at("norm2"), out, config.groups, kEpsilon),
      conv2_(build.at("conv2"), out, out) {
  if (in != out) shortcut_.emplace(build.at("conv_shortcut.conv"), in, out, 1);
}

at::Tensor ResidualBlock::forward(const at::Tensor& x) const {
  const at::Tensor kept = shortcut_ ? shortcut_->forward(x) : x;
  const at::Tensor y = conv1_.forward(at::silu(norm1_.forward(x)));
  return conv2_.forward(at::silu(norm2_.forward(y))).add_(kept);
}

CausalAttention::Projection::Projection(const VaeBuild& build, std::int64_t channels)
    : weight(build.take("weight", {channels, channels})), bias(build.take("bias", {channels})) {}

at::Tensor CausalAttention::Projection::forward(const at::Tensor& x) const {
  return at::linear(x, weight, bias);
}

CausalAttention::CausalAttention(const VaeBuild& build, std::int64_t channels,
                                 const HunyuanVaeConfig& config)
    : norm_(build.at("group_norm"), channels, config.groups, kEpsilon),
      q_(build.at("to_q"), channels),
      k_(build.at("to_k"), channels),
      v_(build.at("to_v"), channels),
      out_(build.at("to_out.0"), channels) {}

at::Tensor CausalAttention::forward(const at::Tensor& x) const {
  const auto s = x.sizes();
  const std::int64_t frames = s[2], pixels = s[3] * s[4];
  // [B, 1 head, T H W, C]
  const at::Tensor tokens = norm_.forward(x).flatten(2).transpose(1, 2).unsqueeze(1);
  const at::Tensor q = q_.forward(tokens), k = k_.forward(tokens), v = v_.forward(tokens);
  std::vector<at::Tensor> mixed;
  for (std::int64_t frame = 0; frame < frames; ++frame) {
    const std::int64_t seen = (frame + 1) * pixels;
    mixed.push_back(at::scaled_dot_product_attention(q.narrow(2, frame * pixels, pixels),
                                                     k.narrow(2, 0, seen), v.narrow(2, 0, seen)));
  }
  const at::Tensor out = out_.forward(at::cat(mixed, 2)).squeeze(1);
  return x + out.transpose(1, 2).reshape(s);
}

MidBlock::MidBlock(const VaeBuild& build, std::int64_t channels, const HunyuanVaeConfig& config)
    : first_(build.at("resnets.0"), channels, channels, config),
      second_(build.at("resnets.1"), channels, channels, config) {
  if (config.attends) attention_.emplace(build.at("attentions.0"), channels, config);
}

at::Tensor MidBlock::forward(const at::Tensor& x) const {
  const at::Tensor y = first_.forward(x);
  return second_.forward(attention_ ? attention_->forward(y) : y);
}

}  // namespace cox::engine::hunyuan_vae
