#pragma once

#include <optional>
#include <vector>

#include "engine/backbones/open_sora/config.h"
#include "engine/backbones/site_source.h"

namespace cox::engine::open_sora {

/// Two layers with a SiLU between them.
struct Embedder {
  Embedder(const SiteSource& scope, int64_t in, int64_t out);
  at::Tensor forward(const at::Tensor& x) const;  ///< in fp32

  Linear in_layer, out_layer;
};

/// Gains of the queries and keys of each head.
struct HeadGains {
  HeadGains(const SiteSource& scope, int64_t head_dim);

  NormParameter query, key;
};

/// One stream of a double block, text or latents.
struct StreamWeights {
  StreamWeights(const SiteSource& block, const std::string& stream, const Config& config);

  Linear modulation;                ///< [6 hidden, hidden]
  std::vector<Linear> projections;  ///< q, k, v; or one fused layer
  HeadGains gains;
  Linear out;
  Linear ffn_in, ffn_out;
};

struct DoubleBlockWeights {
  DoubleBlockWeights(const SiteSource& scope, const Config& config);

  StreamWeights latents, text;
};

struct SingleBlockWeights {
  SingleBlockWeights(const SiteSource& scope, const Config& config);

  std::vector<Linear> projections;  ///< q, k, v with the feed-forward input; or one fused layer
  Linear out;                       ///< from attention and feed-forward, concatenated
  HeadGains gains;
  Linear modulation;  ///< [3 hidden, hidden]
};

/// Takes every tensor by its key in a published checkpoint. This is the one place that knows the
/// names. Source: MMDiTModel of hpcaitech/Open-Sora.
struct Weights {
  Weights(const Config& config, WeightSource& source);

  TransformerSites sites;
  Linear latents;  ///< img_in
  Embedder time;
  Embedder pooled;                   ///< vector_in
  std::optional<Embedder> guidance;  ///< only of distilled models
  Linear condition;                  ///< cond_in
  Linear text;                       ///< txt_in
  std::vector<DoubleBlockWeights> double_blocks;
  std::vector<SingleBlockWeights> single_blocks;
  Linear out, out_modulation;  ///< [2 hidden, hidden]
};

}  // namespace cox::engine::open_sora
