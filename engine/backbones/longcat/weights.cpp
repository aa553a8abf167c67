#include "engine/backbones/longcat/weights.h"

#include <fmt/format.h>

namespace cox::engine::longcat {
namespace {

/// Names below one prefix.
class Scope {
 public:
  explicit Scope(const WeightVisitor& visit, std::string prefix = "", int block = -1)
      : visit_(visit), prefix_(std::move(prefix)), block_(block) {}

  void tensor(const std::string& name, at::Tensor& tensor, std::vector<int64_t> shape) const {
    if (visit_.tensor) visit_.tensor(prefix_ + name, tensor, std::move(shape));
  }
  void norm(NormKind kind, const std::string& name, NormParameter& parameter, int64_t size) const {
    parameter.site = {kind, prefix_ + name};
    tensor(name, parameter.value, {size});
    if (visit_.norm) visit_.norm(parameter);
  }
  void linear(LinearKind kind, const std::string& name, Linear& layer, int64_t out,
              int64_t in) const {
    site(kind, name, layer);
    tensor(name + ".weight", layer.weight, {out, in});
    tensor(name + ".bias", layer.bias, {out});
    if (visit_.layer) visit_.layer(layer);
  }
  void linear_without_bias(LinearKind kind, const std::string& name, Linear& layer, int64_t out,
                           int64_t in) const {
    site(kind, name, layer);
    tensor(name + ".weight", layer.weight, {out, in});
    if (visit_.layer) visit_.layer(layer);
  }

 private:
  void site(LinearKind kind, const std::string& name, Linear& layer) const {
    layer.site = {block_, kind, name, prefix_ + name};
  }

  const WeightVisitor& visit_;
  std::string prefix_;
  int block_;
};

void visit_block(BlockWeights& block, const Config& c, const Scope& scope) {
  using enum LinearKind;
  using enum NormKind;
  const int64_t d = c.hidden, f = c.ffn_hidden;
  scope.linear(kModulation, "adaLN_modulation.1", block.modulation, 6 * d, c.time_embedding);
  scope.norm(kBeforeCrossAttention, "pre_crs_attn_norm.weight", block.cross_norm_gain, d);
  scope.norm(kBeforeCrossAttention, "pre_crs_attn_norm.bias", block.cross_norm_bias, d);
  scope.linear(kQueryKeyValue, "attn.qkv", block.qkv, 3 * d, d);
  scope.norm(kQueryKey, "attn.q_norm.weight", block.self_q_gain, c.head_dim());
  scope.norm(kQueryKey, "attn.k_norm.weight", block.self_k_gain, c.head_dim());
  scope.linear(kProjection, "attn.proj", block.self_out, d, d);
  scope.linear(kQueryKeyValue, "cross_attn.q_linear", block.cross_q, d, d);
  scope.linear(kQueryKeyValue, "cross_attn.kv_linear", block.cross_kv, 2 * d, d);
  scope.linear(kProjection, "cross_attn.proj", block.cross_out, d, d);
  scope.norm(kQueryKey, "cross_attn.q_norm.weight", block.cross_q_gain, c.head_dim());
  scope.norm(kQueryKey, "cross_attn.k_norm.weight", block.cross_k_gain, c.head_dim());
  scope.linear_without_bias(kFeedForward, "ffn.w1", block.ffn_gate, f, d);
  scope.linear_without_bias(kFeedForward, "ffn.w2", block.ffn_down, d, f);
  scope.linear_without_bias(kFeedForward, "ffn.w3", block.ffn_up, f, d);
}

}  // namespace

void visit_weights(Weights& weights, const Config& c, const WeightVisitor& visit) {
  const Scope root(visit);
  weights.blocks.resize(static_cast<size_t>(c.depth));
  root.tensor("x_embedder.proj.weight", weights.patch.weight,
              {c.hidden, c.channels, 1, kPatch, kPatch});
  root.tensor("x_embedder.proj.bias", weights.patch.bias, {c.hidden});
  using enum LinearKind;
  root.linear(kOther, "t_embedder.mlp.0", weights.time_in, c.time_embedding, c.frequency_size);
  root.linear(kOther, "t_embedder.mlp.2", weights.time_out, c.time_embedding, c.time_embedding);
  root.linear(kOther, "y_embedder.y_proj.0", weights.text_in, c.hidden, c.text_channels);
  root.linear(kOther, "y_embedder.y_proj.2", weights.text_out, c.hidden, c.hidden);
  for (size_t i = 0; i < weights.blocks.size(); ++i) {
    visit_block(weights.blocks[i], c,
                Scope(visit, fmt::format("blocks.{}.", i), static_cast<int>(i)));
  }
  root.linear(kOther, "final_layer.linear", weights.final_out, kPatch * kPatch * c.channels,
              c.hidden);
  root.linear(kOther, "final_layer.adaLN_modulation.1", weights.final_modulation, 2 * c.hidden,
              c.time_embedding);
}

std::vector<ExpectedTensor> expected_tensors(const Config& config) {
  std::vector<ExpectedTensor> expected;
  Weights none;
  visit_weights(none, config,
                {[&](const std::string& key, at::Tensor&, std::vector<int64_t> shape) {
                  expected.push_back({key, std::move(shape)});
                }});
  return expected;
}

Weights load_weights(const Config& config, const Checkpoint& checkpoint, at::Device device,
                     at::ScalarType dtype) {
  check_keys(checkpoint, expected_tensors(config), "DiT");
  Weights weights;
  visit_weights(weights, config,
                {[&](const std::string& key, at::Tensor& tensor, const std::vector<int64_t>&) {
                  tensor = load_weight(checkpoint, key, device, dtype);
                }});
  return weights;
}

}  // namespace cox::engine::longcat
