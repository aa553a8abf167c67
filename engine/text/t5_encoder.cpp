#include "engine/text/t5_encoder.h"

#include <ATen/ops/embedding.h>

#include "engine/tensors/torch.h"
#include "engine/text/input_ids.h"
#include "engine/text/relative_buckets.h"

namespace cox::engine {

std::unique_ptr<T5Encoder> T5Encoder::load(const std::string& directory, at::ScalarType dtype,
                                           at::Device device) {
  const at::NoGradGuard no_grad;
  const Umt5Config config = read_umt5_config(directory + "/config.json");
  return std::make_unique<T5Encoder>(
      load_network<T5Encoder>(config, directory, "T5 text encoder", dtype, device));
}

T5Encoder::T5Encoder(const Umt5Config& config, WeightSource& weights)
    : config_(config),
      shared_(weights.take("shared.weight", {config.vocab_size, config.d_model})),
      layers_(build_umt5_layers(weights, config, PositionBias::kNone)),
      final_norm_(weights, "encoder.final_layer_norm", config) {}

at::Tensor T5Encoder::encode(const at::Tensor& input_ids) const {
  const at::NoGradGuard no_grad;
  check_ids(input_ids, config_.vocab_size);
  const at::Tensor buckets =
      relative_buckets(input_ids.size(1), config_.relative_attention_num_buckets,
                       config_.relative_attention_max_distance)
          .to(shared_.device());
  const at::Tensor bias = layers_.front().position_bias(buckets);
  at::Tensor x = at::embedding(shared_, input_ids.to(shared_.device()));
  for (const Umt5Layer& layer : layers_) x = layer.forward(x, bias);
  return final_norm_.forward(x);
}

}  // namespace cox::engine
