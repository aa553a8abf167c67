#include "engine/backbones/longcat/weights.h"

#include <ATen/Context.h>
#include <ATen/ops/ones.h>
#include <ATen/ops/randn.h>
#include <ATen/ops/zeros.h>

#include <cmath>

#include "base/text.h"

namespace cox::engine::longcat {
namespace {

/// Names below one prefix.
class Scope {
 public:
  Scope(const WeightVisitor& tensors, const LayerVisitor& layers, std::string prefix)
      : tensors_(tensors), layers_(layers), prefix_(std::move(prefix)) {}

  Scope below(const std::string& name) const { return {tensors_, layers_, prefix_ + name}; }

  void tensor(const std::string& name, at::Tensor& tensor, std::vector<int64_t> shape) const {
    tensors_(prefix_ + name, tensor, std::move(shape));
  }
  void linear(const std::string& name, Linear& layer, int64_t out, int64_t in) const {
    linear_without_bias(name, layer, out, in);
    tensor(name + ".bias", layer.bias, {out});
  }
  void linear_without_bias(const std::string& name, Linear& layer, int64_t out, int64_t in) const {
    tensor(name + ".weight", layer.weight, {out, in});
    layers_(prefix_ + name, layer);
  }

 private:
  const WeightVisitor& tensors_;
  const LayerVisitor& layers_;
  std::string prefix_;
};

void visit_block(BlockWeights& block, const Config& c, const Scope& scope) {
  const int64_t d = c.hidden;
  scope.linear("adaLN_modulation.1", block.modulation, 6 * d, c.time_embedding);
  scope.tensor("pre_crs_attn_norm.weight", block.cross_norm_gain, {d});
  scope.tensor("pre_crs_attn_norm.bias", block.cross_norm_bias, {d});
  scope.linear("attn.qkv", block.qkv, 3 * d, d);
  scope.tensor("attn.q_norm.weight", block.self_q_gain, {c.head_dim()});
  scope.tensor("attn.k_norm.weight", block.self_k_gain, {c.head_dim()});
  scope.linear("attn.proj", block.self_out, d, d);
  scope.linear("cross_attn.q_linear", block.cross_q, d, d);
  scope.linear("cross_attn.kv_linear", block.cross_kv, 2 * d, d);
  scope.linear("cross_attn.proj", block.cross_out, d, d);
  scope.tensor("cross_attn.q_norm.weight", block.cross_q_gain, {c.head_dim()});
  scope.tensor("cross_attn.k_norm.weight", block.cross_k_gain, {c.head_dim()});
  scope.linear_without_bias("ffn.w1", block.ffn_gate, c.ffn_hidden, d);
  scope.linear_without_bias("ffn.w2", block.ffn_down, d, c.ffn_hidden);
  scope.linear_without_bias("ffn.w3", block.ffn_up, c.ffn_hidden, d);
}

void visit_model(Weights& weights, const Config& c, const Scope& root) {
  weights.blocks.resize(static_cast<size_t>(c.depth));
  root.tensor("x_embedder.proj.weight", weights.patch.weight,
              {c.hidden, c.channels, 1, kPatch, kPatch});
  root.tensor("x_embedder.proj.bias", weights.patch.bias, {c.hidden});
  root.linear("t_embedder.mlp.0", weights.time_in, c.time_embedding, c.frequency_size);
  root.linear("t_embedder.mlp.2", weights.time_out, c.time_embedding, c.time_embedding);
  root.linear("y_embedder.y_proj.0", weights.text_in, c.hidden, c.text_channels);
  root.linear("y_embedder.y_proj.2", weights.text_out, c.hidden, c.hidden);
  for (size_t i = 0; i < weights.blocks.size(); ++i) {
    visit_block(weights.blocks[i], c, root.below(concat("blocks.", i, ".")));
  }
  root.linear("final_layer.linear", weights.final_out, kPatch * kPatch * c.channels, c.hidden);
  root.linear("final_layer.adaLN_modulation.1", weights.final_modulation, 2 * c.hidden,
              c.time_embedding);
}

}  // namespace

void visit_weights(Weights& weights, const Config& config, const WeightVisitor& visit) {
  const LayerVisitor none = [](const std::string&, Linear&) {};
  visit_model(weights, config, Scope(visit, none, ""));
}

void visit_layers(Weights& weights, const Config& config, const LayerVisitor& visit) {
  const WeightVisitor none = [](const std::string&, at::Tensor&, const std::vector<int64_t>&) {};
  visit_model(weights, config, Scope(none, visit, ""));
}

std::vector<ExpectedTensor> expected_tensors(const Config& config) {
  std::vector<ExpectedTensor> expected;
  Weights none;
  visit_weights(none, config, [&](const std::string& key, at::Tensor&, std::vector<int64_t> shape) {
    expected.push_back({key, std::move(shape)});
  });
  return expected;
}

Weights load_weights(const Config& config, const Checkpoint& checkpoint, at::Device device,
                     at::ScalarType dtype) {
  check_keys(checkpoint, expected_tensors(config), "DiT");
  Weights weights;
  visit_weights(weights, config,
                [&](const std::string& key, at::Tensor& tensor, const std::vector<int64_t>&) {
                  tensor = load_weight(checkpoint, key, device, dtype);
                });
  return weights;
}

Weights random_weights(const Config& config, uint64_t seed, at::Device device,
                       at::ScalarType dtype) {
  at::Generator generator = at::globalContext().defaultGenerator(device).clone();
  generator.set_current_seed(seed);
  const at::TensorOptions options = at::device(device).dtype(dtype);
  Weights weights;
  visit_weights(weights, config,
                [&](const std::string& key, at::Tensor& tensor, const std::vector<int64_t>& shape) {
                  const bool gain = shape.size() == 1 && ends_with(key, "norm.weight");
                  const double fan_in = shape.size() == 1 ? 0 : static_cast<double>(shape[1]);
                  if (gain) {
                    tensor = at::ones(shape, options);
                  } else if (fan_in == 0) {
                    tensor = at::zeros(shape, options);
                  } else {
                    // Drawn in fp32, so that both precisions get the same model.
                    tensor = at::randn(shape, generator, options.dtype(at::kFloat))
                                 .div_(std::sqrt(fan_in))
                                 .to(dtype);
                  }
                });
  return weights;
}

}  // namespace cox::engine::longcat
