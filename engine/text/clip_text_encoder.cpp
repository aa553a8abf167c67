#include "engine/text/clip_text_encoder.h"

#include <ATen/ops/embedding.h>
#include <ATen/ops/layer_norm.h>
#include <ATen/ops/sigmoid.h>
#include <fmt/format.h>

#include <stdexcept>

#include "engine/tensors/torch.h"
#include "engine/text/input_ids.h"

namespace cox::engine {
namespace {

/// The published `eos_token_id`, which differs from the id that ends texts.
constexpr std::int64_t kLegacyEnd = 2;

at::Tensor quick_gelu(const at::Tensor& x) { return x * at::sigmoid(1.702 * x); }

}  // namespace

std::unique_ptr<ClipTextEncoder> ClipTextEncoder::load(const std::string& directory,
                                                       at::ScalarType dtype, at::Device device) {
  const at::NoGradGuard no_grad;
  const ClipTextConfig config = read_clip_text_config(directory + "/config.json");
  return std::make_unique<ClipTextEncoder>(
      load_network<ClipTextEncoder>(config, directory, "CLIP text encoder", dtype, device));
}

ClipTextEncoder::ClipTextEncoder(const ClipTextConfig& c, WeightSource& weights) : config_(c) {
  const std::string root = "text_model.";
  const auto affine = [&](const std::string& name, const std::vector<int64_t>& shape) {
    Affine taken;
    taken.weight = weights.take(name + ".weight", shape);
    taken.bias = weights.take(name + ".bias", {shape.front()});
    return taken;
  };
  tokens_ = weights.take(root + "embeddings.token_embedding.weight", {c.vocab_size, c.hidden});
  positions_ =
      weights.take(root + "embeddings.position_embedding.weight", {c.max_positions, c.hidden});
  for (std::int64_t i = 0; i < c.layers; ++i) {
    const std::string name = fmt::format("{}encoder.layers.{}.", root, i);
    Layer layer;
    layer.norm1 = affine(name + "layer_norm1", {c.hidden});
    layer.q = affine(name + "self_attn.q_proj", {c.hidden, c.hidden});
    layer.k = affine(name + "self_attn.k_proj", {c.hidden, c.hidden});
    layer.v = affine(name + "self_attn.v_proj", {c.hidden, c.hidden});
    layer.out = affine(name + "self_attn.out_proj", {c.hidden, c.hidden});
    layer.norm2 = affine(name + "layer_norm2", {c.hidden});
    layer.fc1 = affine(name + "mlp.fc1", {c.ffn_hidden, c.hidden});
    layer.fc2 = affine(name + "mlp.fc2", {c.hidden, c.ffn_hidden});
    layers_.push_back(std::move(layer));
  }
  final_norm_ = affine(root + "final_layer_norm", {c.hidden});
}

at::Tensor ClipTextEncoder::norm(const Affine& affine, const at::Tensor& x) const {
  return at::layer_norm(x, affine.weight.sizes(), affine.weight, affine.bias, config_.norm_epsilon);
}

at::Tensor ClipTextEncoder::forward(const Layer& layer, const at::Tensor& x) const {
  const at::Tensor normed = norm(layer.norm1, x);
  const auto heads = [&](const Affine& projection) {
    return at::linear(normed, projection.weight, projection.bias)
        .unflatten(-1, {config_.heads, -1})
        .transpose(1, 2);
  };
  const at::Tensor mixed = at::scaled_dot_product_attention(
      heads(layer.q), heads(layer.k), heads(layer.v), /*attn_mask=*/{}, /*dropout_p=*/0,
      /*is_causal=*/true);
  const at::Tensor y =
      x + at::linear(mixed.transpose(1, 2).flatten(2), layer.out.weight, layer.out.bias);
  const at::Tensor inner =
      quick_gelu(at::linear(norm(layer.norm2, y), layer.fc1.weight, layer.fc1.bias));
  return y + at::linear(inner, layer.fc2.weight, layer.fc2.bias);
}

at::Tensor ClipTextEncoder::ends(const at::Tensor& input_ids) const {
  const at::Tensor marks = config_.end_token == kLegacyEnd
                               ? input_ids == input_ids.amax(1, /*keepdim=*/true)
                               : input_ids == config_.end_token;
  if (!marks.any(1).all().item<bool>()) {
    throw std::invalid_argument(
        fmt::format("input_ids: expected the end token {} in every text", config_.end_token));
  }
  return marks.to(at::kInt).argmax(1);
}

at::Tensor ClipTextEncoder::pooled(const at::Tensor& input_ids) const {
  const at::NoGradGuard no_grad;
  check_ids(input_ids, config_.vocab_size);
  const at::Tensor ids = input_ids.to(tokens_.device());
  if (ids.size(1) > config_.max_positions) {
    throw std::invalid_argument(fmt::format("input_ids: expected at most {} ids per text, got {}",
                                            config_.max_positions, ids.size(1)));
  }
  at::Tensor x = at::embedding(tokens_, ids) + positions_.narrow(0, 0, ids.size(1));
  for (const Layer& layer : layers_) x = forward(layer, x);
  const at::Tensor row = ends(ids).view({-1, 1, 1}).expand({-1, 1, x.size(2)});
  return norm(final_norm_, x).gather(1, row).squeeze(1);
}

}  // namespace cox::engine
