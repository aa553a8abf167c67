#pragma once

#include <functional>
#include <vector>

#include "engine/backbones/backbone.h"
#include "engine/backbones/longcat/config.h"
#include "engine/backbones/weight_scope.h"

namespace cox::engine::longcat {

/// The tensors of one block; visit_weights sets the sites.
struct BlockWeights {
  Linear modulation;  ///< [6 hidden, time embedding]
  NormParameter cross_norm_gain, cross_norm_bias;
  Linear qkv, self_out;
  NormParameter self_q_gain, self_k_gain;
  Linear cross_q, cross_kv, cross_out;
  NormParameter cross_q_gain, cross_k_gain;
  Linear ffn_gate, ffn_up, ffn_down;
};

struct Weights {
  Linear patch;  ///< weight [hidden, channels, 1, 2, 2]
  Linear time_in, time_out;
  Linear text_in, text_out;
  std::vector<BlockWeights> blocks;
  Linear final_modulation, final_out;
};

/// Visits every tensor with its checkpoint key and shape, in the order of the published files, and
/// sets the sites of layers and norm parameters. This is the one place that knows the names. The
/// patch embedding is a convolution, so it is not a linear layer. Source:
/// diffusion_pytorch_model.safetensors.index.json in dit/ of meituan-longcat/LongCat-Video.
void visit_weights(Weights& weights, const Config& config, const WeightVisitor& visit);

}  // namespace cox::engine::longcat
