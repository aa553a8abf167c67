#include "engine/text/umt5_layer.h"

#include <ATen/ops/embedding.h>
#include <ATen/ops/gelu.h>
#include <ATen/ops/matmul.h>
#include <ATen/ops/softmax.h>
#include <fmt/format.h>

#include "engine/tensors/torch.h"

namespace cox::engine {
namespace {

constexpr const char* kAttention = ".layer.0.SelfAttention.";
constexpr const char* kFeedForward = ".layer.1.DenseReluDense.";

}  // namespace

Umt5Norm::Umt5Norm(WeightSource& weights, const std::string& name, const Umt5Config& config)
    : weight_(weights.take(name + ".weight", {config.d_model})),
      epsilon_(config.layer_norm_epsilon) {}

at::Tensor Umt5Norm::forward(const at::Tensor& x) const {
  const at::Tensor mean_square = x.to(at::kFloat).square().mean(-1, /*keepdim=*/true);
  return weight_ * (x * (mean_square + epsilon_).rsqrt()).to(weight_.scalar_type());
}

Umt5Layer::Umt5Layer(WeightSource& weights, const std::string& name, const Umt5Config& config,
                     PositionBias position)
    : heads_(config.num_heads),
      q_(weights.take(name + kAttention + "q.weight",
                      {config.num_heads * config.d_kv, config.d_model})),
      k_(weights.take(name + kAttention + "k.weight",
                      {config.num_heads * config.d_kv, config.d_model})),
      v_(weights.take(name + kAttention + "v.weight",
                      {config.num_heads * config.d_kv, config.d_model})),
      o_(weights.take(name + kAttention + "o.weight",
                      {config.d_model, config.num_heads * config.d_kv})),
      position_bias_(position == PositionBias::kNone
                         ? at::Tensor()
                         : weights.take(name + kAttention + "relative_attention_bias.weight",
                                        {config.relative_attention_num_buckets, config.num_heads})),
      attention_norm_(weights, name + ".layer.0.layer_norm", config),
      wi_0_(weights.take(name + kFeedForward + "wi_0.weight", {config.d_ff, config.d_model})),
      wi_1_(weights.take(name + kFeedForward + "wi_1.weight", {config.d_ff, config.d_model})),
      wo_(weights.take(name + kFeedForward + "wo.weight", {config.d_model, config.d_ff})),
      feed_forward_norm_(weights, name + ".layer.1.layer_norm", config) {}

at::Tensor Umt5Layer::position_bias(const at::Tensor& buckets) const {
  return at::embedding(position_bias_, buckets).permute({2, 0, 1});
}

at::Tensor Umt5Layer::attend(const at::Tensor& x, const at::Tensor& bias) const {
  const auto by_head = [this](const at::Tensor& y) {  // [B, heads, L, d_kv]
    return y.unflatten(-1, {heads_, -1}).transpose(1, 2);
  };
  const at::Tensor q = by_head(at::linear(x, q_));
  const at::Tensor k = by_head(at::linear(x, k_));
  const at::Tensor v = by_head(at::linear(x, v_));
  const at::Tensor scores = at::matmul(q, k.transpose(-1, -2)) + bias;
  const at::Tensor weights = at::softmax(scores, -1, at::kFloat).to(scores.scalar_type());
  return at::linear(at::matmul(weights, v).transpose(1, 2).flatten(2), o_);
}

at::Tensor Umt5Layer::feed_forward(const at::Tensor& x) const {
  return at::linear(at::gelu(at::linear(x, wi_0_), "tanh") * at::linear(x, wi_1_), wo_);
}

at::Tensor Umt5Layer::forward(const at::Tensor& x, const at::Tensor& bias) const {
  const at::Tensor attended = x + attend(attention_norm_.forward(x), bias);
  return attended + feed_forward(feed_forward_norm_.forward(attended));
}

std::vector<Umt5Layer> build_umt5_layers(WeightSource& weights, const Umt5Config& config,
                                         PositionBias later) {
  std::vector<Umt5Layer> layers;
  for (std::int64_t i = 0; i < config.num_layers; ++i) {
    layers.emplace_back(weights, fmt::format("encoder.block.{}", i), config,
                        i == 0 ? PositionBias::kOwn : later);
  }
  return layers;
}

}  // namespace cox::engine
