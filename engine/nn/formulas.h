#pragma once

#include <ATen/core/Tensor.h>

#include "engine/nn/column_maxima.h"
#include "engine/nn/fp8.h"
#include "engine/nn/norm.h"

// Forward and backward formulas of the steps between matrix products, without autograd: in
// namespace formula with LibTorch's operators, on any device, and in namespace fused with our own
// kernels, on a GPU. Both declare the same functions. Everything is computed in fp32 and rounded to
// the dtype of the inputs where a result is named.
//
// Shapes: x, y [B, N, D]; shift, scale, gate [B, T, D] fp32, each of T runs serving N / T
// neighboring tokens; heads [B, N, H, d]; rope [N, d / 2] unit complex numbers, or undefined. Their
// last dimension is contiguous. A gradient has the shape and dtype of its tensor.

namespace cox::engine {

/// The result of run_norm, and what its backward pass requires besides its inputs.
struct RunNormed {
  at::Tensor y;           ///< [B, N, D], dtype of x
  at::Tensor mean, rstd;  ///< [B, N] fp32
};
struct RunNormGradients {
  at::Tensor x, shift, scale;
};
struct GateGradients {
  at::Tensor gate, y;
};
struct SwigluGradients {
  at::Tensor gate, up;
};
/// Gain and bias in fp32, undefined if they were not requested.
struct HeadLayerNormGradients {
  at::Tensor x, gain, bias;
};

namespace formula {

/// xhat (scale + added) + shift with xhat = (x - mean) / sqrt(var + eps).
RunNormed run_norm(const at::Tensor& x, const at::Tensor& shift, const at::Tensor& scale,
                   double added, double eps);
RunNormGradients run_norm_backward(const at::Tensor& dy, const at::Tensor& x,
                                   const at::Tensor& scale, const at::Tensor& mean,
                                   const at::Tensor& rstd, double added);

/// x + gate y. The gradient of x is that of the result.
at::Tensor gated_residual(const at::Tensor& x, const at::Tensor& gate, const at::Tensor& y);
GateGradients gated_residual_backward(const at::Tensor& dout, const at::Tensor& gate,
                                      const at::Tensor& y);

/// Writes to `out` the RMS norm of each head, rounded, times gain [d], rounded, rotated by rope.
void head_norm(const at::Tensor& x, const at::Tensor& gain, const at::Tensor& rope, double eps,
               const at::Tensor& out);
/// Writes the gradient of x to `dx` and returns that of gain (fp32); undefined unless
/// `wants_gain`.
at::Tensor head_norm_backward(const at::Tensor& dy, const at::Tensor& x, const at::Tensor& gain,
                              const at::Tensor& rope, double eps, bool wants_gain,
                              const at::Tensor& dx);

/// silu(gate) up, silu rounded first. Any shape, contiguous.
at::Tensor swiglu(const at::Tensor& gate, const at::Tensor& up);
SwigluGradients swiglu_backward(const at::Tensor& dout, const at::Tensor& gate,
                                const at::Tensor& up);

/// x W^T + bias in fp32 for x [..., in] fp32, W [out, in] and bias of one dtype. `bias` may be
/// undefined.
at::Tensor wide_linear(const at::Tensor& x, const at::Tensor& weight, const at::Tensor& bias);
at::Tensor wide_linear_backward(const at::Tensor& dy, const at::Tensor& weight);

/// Copies x [B, N, H, d] to `out`, whose strides may differ.
void copy_tokens(const at::Tensor& x, const at::Tensor& out);

/// See engine/nn/fp8.h; C is a multiple of 8.
Fp8Rows to_fp8_rows(const at::Tensor& x);

/// See engine/nn/column_maxima.h.
ColumnMaxima column_maxima(const at::Tensor& x);

}  // namespace formula

/// D is at most kMaxFusedHidden and d at most 256, both multiples of 8; anything else throws
/// std::invalid_argument. Sums over tokens have a fixed order. wide_linear uses our kernel up to
/// kMaxFewRows rows of kMaxFewRowsInputs inputs, and LibTorch's operators above.
namespace fused {

inline constexpr int64_t kMaxFusedHidden = 8192;
inline constexpr int64_t kMaxFewRows = 16;
inline constexpr int64_t kMaxFewRowsInputs = 768;
inline constexpr int64_t kMostSamples = 4;  ///< of column_maxima

/// The first of the T vectors applies to the first `head_tokens` tokens, if any; the other vectors
/// apply to equal runs of the rest. Backward passes do not support `head_tokens`.
RunNormed run_norm(const at::Tensor& x, const at::Tensor& shift, const at::Tensor& scale,
                   double added, double eps, int64_t head_tokens = 0);
RunNormGradients run_norm_backward(const at::Tensor& dy, const at::Tensor& x,
                                   const at::Tensor& scale, const at::Tensor& mean,
                                   const at::Tensor& rstd, double added);
at::Tensor gated_residual(const at::Tensor& x, const at::Tensor& gate, const at::Tensor& y,
                          int64_t head_tokens = 0);
GateGradients gated_residual_backward(const at::Tensor& dout, const at::Tensor& gate,
                                      const at::Tensor& y);
void head_norm(const at::Tensor& x, const at::Tensor& gain, const at::Tensor& rope, double eps,
               const at::Tensor& out);
at::Tensor head_norm_backward(const at::Tensor& dy, const at::Tensor& x, const at::Tensor& gain,
                              const at::Tensor& rope, double eps, bool wants_gain,
                              const at::Tensor& dx);
at::Tensor swiglu(const at::Tensor& gate, const at::Tensor& up);
SwigluGradients swiglu_backward(const at::Tensor& dout, const at::Tensor& gate,
                                const at::Tensor& up);
at::Tensor wide_linear(const at::Tensor& x, const at::Tensor& weight, const at::Tensor& bias);
at::Tensor wide_linear_backward(const at::Tensor& dy, const at::Tensor& weight);
void copy_tokens(const at::Tensor& x, const at::Tensor& out);
Fp8Rows to_fp8_rows(const at::Tensor& x);
ColumnMaxima column_maxima(const at::Tensor& x);

// Only for our kernels: without them, norm.h, row_heads.h and head_layer_norm.h compute the same
// formulas with the functions above or with LibTorch and its autograd.

/// gated_residual (of gate one where it is undefined) and run_norm of the sum.
NormedSum residual_norm(const at::Tensor& x, const at::Tensor& gate, const at::Tensor& y,
                        const at::Tensor& shift, const at::Tensor& scale, double added, double eps);

/// Returns true if the functions below support x [B, N, H d] of H heads: d is a multiple of 8.
bool serves_heads(const at::Tensor& x, int64_t heads);

/// RMS norm of each token of x [B, N, H, d] over all its heads, rounded, times gain [H d], rounded,
/// rotated by rope.
at::Tensor row_norm(const at::Tensor& x, const at::Tensor& gain, const at::Tensor& rope,
                    double eps);
/// Writes the gradient of x to `dx` and returns that of gain (fp32); undefined unless `wants_gain`.
at::Tensor row_norm_backward(const at::Tensor& dy, const at::Tensor& x, const at::Tensor& gain,
                             const at::Tensor& rope, double eps, bool wants_gain,
                             const at::Tensor& dx);

/// Layer norm of each head of x [B, N, H, d] with gain and bias [d], rounded, rotated by rope.
at::Tensor head_layer_norm(const at::Tensor& x, const at::Tensor& gain, const at::Tensor& bias,
                           const at::Tensor& rope, double eps);
HeadLayerNormGradients head_layer_norm_backward(const at::Tensor& dy, const at::Tensor& x,
                                                const at::Tensor& gain, const at::Tensor& rope,
                                                double eps, bool wants_parameters);

}  // namespace fused

}  // namespace cox::engine
