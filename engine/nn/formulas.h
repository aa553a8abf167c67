#pragma once

#include <ATen/core/Tensor.h>

namespace cox::engine {

/// What run_norm leaves for its backward pass, beside its inputs.
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

/// Forward and backward formulas of the steps between matrix products, without autograd. Everything
/// is computed in fp32 and rounded to the dtype of the inputs where a result is named.
///
/// Shapes: x, y [B, N, D]; shift, scale, gate [B, T, D] fp32, each of T runs serving N / T
/// neighbouring tokens; heads [B, N, H, d]; rope [N, d / 2] unit complex numbers or undefined.
/// Their last dimension is contiguous; a gradient has the shape and dtype of what it belongs to.
#define COX_FORMULAS                                                                              \
  /* xhat (scale + added) + shift with xhat = (x - mean) / sqrt(var + eps). */                    \
  RunNormed run_norm(const at::Tensor& x, const at::Tensor& shift, const at::Tensor& scale,       \
                     double added, double eps);                                                   \
  RunNormGradients run_norm_backward(const at::Tensor& dy, const at::Tensor& x,                   \
                                     const at::Tensor& scale, const at::Tensor& mean,             \
                                     const at::Tensor& rstd, double added);                       \
  /* x + gate y; the gradient of x is that of the result. */                                      \
  at::Tensor gated_residual(const at::Tensor& x, const at::Tensor& gate, const at::Tensor& y);    \
  GateGradients gated_residual_backward(const at::Tensor& dout, const at::Tensor& gate,           \
                                        const at::Tensor& y);                                     \
  /* RMS norm of each head, rounded, times gain [d], rounded, turned by rope: into out. */        \
  void head_norm(const at::Tensor& x, const at::Tensor& gain, const at::Tensor& rope, double eps, \
                 const at::Tensor& out);                                                          \
  /* The gradient of x into dx, that of gain (fp32) as the result; undefined unless wanted. */    \
  at::Tensor head_norm_backward(const at::Tensor& dy, const at::Tensor& x, const at::Tensor& gain, \
                                const at::Tensor& rope, double eps, bool wants_gain,              \
                                const at::Tensor& dx);                                            \
  /* silu(gate) up, silu rounded first; any shape, contiguous. */                                 \
  at::Tensor swiglu(const at::Tensor& gate, const at::Tensor& up);                                \
  SwigluGradients swiglu_backward(const at::Tensor& dout, const at::Tensor& gate,                 \
                                  const at::Tensor& up);                                          \
  /* x W^T + bias in fp32 for x [..., in] fp32, W [out, in] and bias of one dtype; bias may be     \
     undefined. */                                                                                \
  at::Tensor wide_linear(const at::Tensor& x, const at::Tensor& weight, const at::Tensor& bias);  \
  at::Tensor wide_linear_backward(const at::Tensor& dy, const at::Tensor& weight);                \
  /* x [B, N, H, d] into out, which may lie apart differently. */                                 \
  void copy_tokens(const at::Tensor& x, const at::Tensor& out);

/// With LibTorch's operators, on any device.
namespace formula {
COX_FORMULAS
}
/// With our kernels, on a GPU. D is at most kMaxFusedHidden and d at most 256, multiples of 8;
/// anything else throws std::invalid_argument. Sums over tokens have a fixed order. wide_linear is
/// ours up to kMaxFewRows rows of kMaxFewRowsInputs, and LibTorch's by the formula beyond.
namespace fused {
inline constexpr int64_t kMaxFusedHidden = 8192;
inline constexpr int64_t kMaxFewRows = 16;
inline constexpr int64_t kMaxFewRowsInputs = 768;
COX_FORMULAS
}

#undef COX_FORMULAS

}  // namespace cox::engine
