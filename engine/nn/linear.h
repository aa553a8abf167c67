#pragma once

#include <ATen/core/Tensor.h>

#include <string>
#include <vector>

namespace cox::engine {

/// The function of a linear layer in a transformer block. Methods choose layers by it, not by name.
enum class LinearKind {
  kOther,          ///< outside the blocks: embedders and the final layer
  kModulation,     ///< timestep embedding to the shifts, scales and gates of the block
  kQueryKeyValue,  ///< queries, keys or values, fused or not, of self- or cross-attention
  kProjection,     ///< the output of an attention
  kFeedForward,
};

/// The position of a Linear in its backbone. Set by the backbone's weight visitor together with the
/// name.
struct LinearSite {
  int block = -1;  ///< from 0; -1 outside the blocks
  LinearKind kind = LinearKind::kOther;
  std::string name;  ///< checkpoint name below the block, without `.weight`
  std::string key;   ///< the whole checkpoint name, without `.weight`
};

/// A low-rank term added to a layer, unmerged: multiplier * scale * (up_0(d_0), up_1(d_1), ...) for
/// the equal parts d_j of down x. A fused layer has one part for each of the layers that it fuses.
struct LowRank {
  at::Tensor down;             ///< [parts * rank, in]
  std::vector<at::Tensor> up;  ///< each [out / parts, rank]
  double scale = 1;            ///< from the file
  double multiplier = 1;       ///< from the user
};

/// Weights of y = W x + b, in PyTorch's layout.
struct Linear {
  at::Tensor weight;                   ///< [out, in]
  at::Tensor bias;                     ///< [out], or undefined for none
  std::vector<LowRank> low_rank = {};  ///< their sum is added to y
  LinearSite site = {};
};

/// W x + b in the dtype of x and the weights.
at::Tensor linear(const Linear& layer, const at::Tensor& x);

/// GELU (tanh) of W x + b, fused with the product on a GPU if no gradient is required.
at::Tensor gelu_linear(const Linear& layer, const at::Tensor& x);

/// Adds the layer's low-rank terms of x to y = W x + b, in the dtype of y.
at::Tensor with_low_rank(const Linear& layer, const at::Tensor& x, const at::Tensor& y);

/// W x + b in fp32, whatever the weights are stored as. A low-rank term sees x in its own dtype and
/// multiplies in fp32, as the reference does inside its fp32 regions.
at::Tensor linear_fp32(const Linear& layer, const at::Tensor& x);

}  // namespace cox::engine
