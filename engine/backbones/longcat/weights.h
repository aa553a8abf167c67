#pragma once

#include <functional>
#include <vector>

#include "engine/backbones/backbone.h"
#include "engine/backbones/longcat/config.h"
#include "engine/checkpoint/weight_map.h"
#include "engine/nn/linear.h"

namespace cox::engine::longcat {

struct BlockWeights {
  Linear modulation;  ///< adaLN_modulation.1
  at::Tensor cross_norm_gain, cross_norm_bias;
  Linear qkv, self_out;
  at::Tensor self_q_gain, self_k_gain;
  Linear cross_q, cross_kv, cross_out;
  at::Tensor cross_q_gain, cross_k_gain;
  Linear ffn_gate, ffn_down, ffn_up;  ///< w1, w2, w3
};

struct Weights {
  Linear patch;  ///< weight [hidden, channels, 1, 2, 2]
  Linear time_in, time_out;
  Linear text_in, text_out;
  std::vector<BlockWeights> blocks;
  Linear final_modulation, final_out;
};

using WeightVisitor =
    std::function<void(const std::string& key, at::Tensor& tensor, std::vector<int64_t> shape)>;

/// Visits every tensor with its checkpoint key and shape, in the order of the published files. This
/// is the one place that knows the names.
void visit_weights(Weights& weights, const Config& config, const WeightVisitor& visit);

using LayerVisitor = std::function<void(const std::string& name, Linear& layer)>;

/// Visits every linear layer by its checkpoint name without `.weight`. The patch embedding is a
/// convolution and none of them.
void visit_layers(Weights& weights, const Config& config, const LayerVisitor& visit);

/// 1,022 entries at the published size.
std::vector<ExpectedTensor> expected_tensors(const Config& config);

/// Throws EngineError(kUser) unless the checkpoint fits the configuration exactly.
Weights load_weights(const Config& config, const Checkpoint& checkpoint, at::Device device,
                     at::ScalarType dtype);

/// Seeded weights of plausible size, made on the device: for benchmarks and for tests of paths, not
/// reproducible between devices.
Weights random_weights(const Config& config, uint64_t seed, at::Device device,
                       at::ScalarType dtype);

}  // namespace cox::engine::longcat
