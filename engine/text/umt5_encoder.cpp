#include "engine/text/umt5_encoder.h"

#include <ATen/ops/embedding.h>

#include <limits>

#include "engine/tensors/shape.h"
#include "engine/tensors/torch.h"
#include "engine/text/input_ids.h"
#include "engine/text/relative_buckets.h"

namespace cox::engine {
namespace {

double lowest_finite(at::ScalarType dtype) {
  return dtype == at::kBFloat16 ? static_cast<double>(std::numeric_limits<c10::BFloat16>::lowest())
                                : static_cast<double>(std::numeric_limits<float>::lowest());
}

}  // namespace

std::unique_ptr<Umt5Encoder> Umt5Encoder::load(const std::string& directory, at::ScalarType dtype,
                                               at::Device device) {
  const at::NoGradGuard no_grad;
  const Umt5Config config = read_umt5_config(directory + "/config.json");
  return std::make_unique<Umt5Encoder>(
      load_network<Umt5Encoder>(config, directory, "text encoder", dtype, device));
}

Umt5Encoder::Umt5Encoder(const Umt5Config& config, WeightSource& weights)
    : config_(config),
      shared_(weights.take("shared.weight", {config.vocab_size, config.d_model})),
      layers_(build_umt5_layers(weights, config, PositionBias::kOwn)),
      final_norm_(weights, "encoder.final_layer_norm", config) {}

at::Tensor Umt5Encoder::encode(const at::Tensor& input_ids,
                               const at::Tensor& attention_mask) const {
  const at::NoGradGuard no_grad;
  check_shape(input_ids, {kAny, kAny}, "input_ids");
  check_shape(attention_mask, input_ids.sizes(), "attention_mask");
  check_ids(input_ids, config_.vocab_size);

  const at::Tensor buckets =
      relative_buckets(input_ids.size(1), config_.relative_attention_num_buckets,
                       config_.relative_attention_max_distance)
          .to(shared_.device());
  const at::Tensor hidden_keys = (1 - attention_mask.to(shared_.options()))
                                     .mul_(lowest_finite(shared_.scalar_type()))
                                     .unsqueeze(1)
                                     .unsqueeze(1);
  at::Tensor x = at::embedding(shared_, input_ids.to(shared_.device()));
  for (const Umt5Layer& layer : layers_) {
    x = layer.forward(x, layer.position_bias(buckets) + hidden_keys);
  }
  return final_norm_.forward(x);
}

}  // namespace cox::engine
