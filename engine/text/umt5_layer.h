#pragma once

#include <ATen/core/Tensor.h>

#include <string>

#include "engine/checkpoint/weight_source.h"
#include "engine/text/umt5_config.h"

namespace cox::engine {

/// T5's layer norm: x / rms(x) * weight, the mean square taken in fp32 and the product rounded to
/// the weight's dtype before the weight.
class Umt5Norm {
 public:
  Umt5Norm(WeightSource& weights, const std::string& name, const Umt5Config& config);
  at::Tensor forward(const at::Tensor& x) const;

 private:
  at::Tensor weight_;  ///< [d_model]
  double epsilon_;
};

/// One encoder layer: self-attention with its own relative position bias, then a gated feed-forward
/// network, each behind a norm and added to its input. Nothing has a bias; scores are not scaled.
class Umt5Layer {
 public:
  Umt5Layer(WeightSource& weights, const std::string& name, const Umt5Config& config);

  /// x [B, L, d_model]; buckets [L, L]; mask_bias [B, 1, 1, L], 0 for tokens and the lowest finite
  /// number for padding.
  at::Tensor forward(const at::Tensor& x, const at::Tensor& buckets,
                     const at::Tensor& mask_bias) const;

 private:
  at::Tensor attend(const at::Tensor& x, const at::Tensor& buckets,
                    const at::Tensor& mask_bias) const;
  at::Tensor feed_forward(const at::Tensor& x) const;

  std::int64_t heads_;
  at::Tensor q_, k_, v_;      ///< [heads * d_kv, d_model]
  at::Tensor o_;              ///< [d_model, heads * d_kv]
  at::Tensor position_bias_;  ///< [buckets, heads]
  Umt5Norm attention_norm_;
  at::Tensor wi_0_, wi_1_;  ///< [d_ff, d_model]
  at::Tensor wo_;           ///< [d_model, d_ff]
  Umt5Norm feed_forward_norm_;
};

}  // namespace cox::engine
