#pragma once

#include <vector>

#include "engine/backbones/cogvideox/config.h"
#include "engine/backbones/site_source.h"

namespace cox::engine::cogvideox {

/// One of the two sites of a block: an affine layer norm that text and latents share, and its
/// modulation by the timestep.
struct AdaptiveNorm {
  AdaptiveNorm(const SiteSource& scope, const Config& config);

  Linear modulation;  ///< [6 hidden, time embedding]
  NormParameter gain, bias;
};

/// The tensors of one block.
struct BlockWeights {
  BlockWeights(const SiteSource& scope, const Config& config);

  AdaptiveNorm norm1;  ///< before attention
  NormParameter query_gain, query_bias, key_gain, key_bias;
  Linear to_q, to_k, to_v, to_out;
  AdaptiveNorm norm2;  ///< before the feed-forward network
  Linear ffn_in, ffn_out;
};

/// Takes every tensor by its key in a published checkpoint. This is the one place that knows the
/// names. Source: CogVideoXTransformer3DModel of huggingface/diffusers.
struct Weights {
  Weights(const Config& config, WeightSource& source);

  TransformerSites sites;
  at::Tensor positions;  ///< [1, text + training tokens, hidden]; undefined for most models
  at::Tensor patch_weight, patch_bias;  ///< weight [hidden, in_channels, 2, 2]
  Linear text;
  Linear time_in, time_out;
  std::vector<BlockWeights> blocks;
  at::Tensor final_gain, final_bias;
  Linear out_modulation;  ///< [2 hidden, time embedding]
  at::Tensor out_gain, out_bias;
  Linear out;

 private:
  void take(const SiteSource& root, const Config& config);
};

}  // namespace cox::engine::cogvideox
