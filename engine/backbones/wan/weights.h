#pragma once

#include <vector>

#include "engine/backbones/wan/config.h"
#include "engine/backbones/weight_scope.h"

namespace cox::engine::wan {

/// Self- or cross-attention; q and the output belong to the visual tokens.
struct AttentionWeights {
  Linear q, k, v, out;
  NormParameter q_gain, k_gain;  ///< [hidden], one norm over all heads
};

/// Keys and values of image states; the queries are those of text cross-attention.
struct ImageKeyValueWeights {
  Linear k, v;
  NormParameter k_gain;
};

struct BlockWeights {
  at::Tensor modulation;  ///< scale_shift_table [1, 6, hidden]
  AttentionWeights self, cross;
  ImageKeyValueWeights image;  ///< only if the model has an image embedder
  NormParameter cross_norm_gain, cross_norm_bias;
  Linear ffn_up, ffn_down;
};

/// A layer norm outside the blocks.
struct PlainNorm {
  at::Tensor gain, bias;
};

struct ImageEmbedderWeights {
  PlainNorm before, after;
  Linear in, out;
};

struct Weights {
  Linear patch;  ///< weight [hidden, in_channels, 1, 2, 2]
  Linear time_in, time_out;
  Linear time_projection;  ///< [6 hidden, hidden], shared by all blocks
  Linear text_in, text_out;
  ImageEmbedderWeights image;
  std::vector<BlockWeights> blocks;
  Linear final_out;
  at::Tensor final_modulation;  ///< scale_shift_table [1, 2, hidden]
};

/// Visits every tensor with its checkpoint key and shape and sets the sites of layers and norm
/// parameters. This is the one place that knows the names. The patch embedding is a convolution, so
/// it is not a linear layer. Source: the diffusers layout of Wan-AI/Wan2.1 and Wan2.2, class
/// WanTransformer3DModel.
void visit_weights(Weights& weights, const Config& config, const WeightVisitor& visit);

/// Parts of the keys of weights that stay in fp32: timestep embeddings, modulations, and the norm
/// before cross-attention.
std::vector<std::string> wide_weights();

}  // namespace cox::engine::wan
