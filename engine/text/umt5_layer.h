#pragma once

#include <ATen/core/Tensor.h>

#include <string>
#include <vector>

#include "engine/checkpoint/weight_source.h"
#include "engine/text/umt5_config.h"

namespace cox::engine {

/// T5's layer norm: x / rms(x) * weight, the mean square is in fp32, and x / rms(x) is rounded to
/// the weight's dtype before the product.
class Umt5Norm {
 public:
  Umt5Norm(WeightSource& weights, const std::string& name, const Umt5Config& config);
  at::Tensor forward(const at::Tensor& x) const;

 private:
  at::Tensor weight_;  ///< [d_model]
  double epsilon_;
};

/// The layers with a relative position bias: every layer of UMT5, only the first of T5.
enum class PositionBias { kOwn, kNone };

/// One encoder layer: self-attention, then a gated feed-forward network, each preceded by a norm
/// and added to its input. Linear layers have no bias; scores are not scaled.
class Umt5Layer {
 public:
  Umt5Layer(WeightSource& weights, const std::string& name, const Umt5Config& config,
            PositionBias position = PositionBias::kOwn);

  /// The layer's own bias of scores, [heads, L, L], for buckets [L, L].
  at::Tensor position_bias(const at::Tensor& buckets) const;

  /// x [B, L, d_model]; bias of scores, [heads, L, L] or [B, heads, L, L].
  at::Tensor forward(const at::Tensor& x, const at::Tensor& bias) const;

 private:
  at::Tensor attend(const at::Tensor& x, const at::Tensor& bias) const;
  at::Tensor feed_forward(const at::Tensor& x) const;

  std::int64_t heads_;
  at::Tensor q_, k_, v_;      ///< [heads * d_kv, d_model]
  at::Tensor o_;              ///< [d_model, heads * d_kv]
  at::Tensor position_bias_;  ///< [buckets, heads]; undefined if the layer has none
  Umt5Norm attention_norm_;
  at::Tensor wi_0_, wi_1_;  ///< [d_ff, d_model]
  at::Tensor wo_;           ///< [d_model, d_ff]
  Umt5Norm feed_forward_norm_;
};

/// Returns the layers of an encoder. `later` selects whether layers after the first have their own
/// bias.
std::vector<Umt5Layer> build_umt5_layers(WeightSource& weights, const Umt5Config& config,
                                         PositionBias later);

}  // namespace cox::engine
