#pragma once

#include <ATen/core/Tensor.h>

namespace cox::engine {

inline constexpr double kNormEpsilon = 1e-6;

/// x / sqrt(mean(x^2) + eps) over the last dimension in fp32, rounded to the dtype of x, then times
/// `gain` (the order matters in bf16: LongCat and UMT5 round before the gain).
at::Tensor rms_norm(const at::Tensor& x, const at::Tensor& gain, double eps = kNormEpsilon);

/// Layer norm of x [B, N, D] with gain and bias [D], computed in fp32 and rounded to the dtype of x
/// once.
at::Tensor layer_norm(const at::Tensor& x, const at::Tensor& gain, const at::Tensor& bias,
                      double eps = kNormEpsilon);

/// LN(x) (1 + scale) + shift in fp32, rounded to the dtype of x once. x [B, N, D]; shift and scale
/// [B, T, D] fp32, one for each of the T equal runs of N / T tokens.
at::Tensor modulated_norm(const at::Tensor& x, const at::Tensor& shift, const at::Tensor& scale,
                          double eps = kNormEpsilon);

/// (LN(x) gain + bias) (1 + scale) + shift, gain and bias [D]; otherwise like the above.
at::Tensor modulated_affine_norm(const at::Tensor& x, const at::Tensor& gain,
                                 const at::Tensor& bias, const at::Tensor& shift,
                                 const at::Tensor& scale, double eps);

/// What normalizes a residual sum: LN(sum) (scale + added) + shift with vectors [B, T, D] fp32.
struct NormFactors {
  at::Tensor shift, scale;
  double added = 1;
  double eps = kNormEpsilon;
};

/// The factors of layer_norm for `batch` samples.
NormFactors layer_norm_factors(int64_t batch, const at::Tensor& gain, const at::Tensor& bias,
                               double eps = kNormEpsilon);

/// A residual sum and the norm of it.
struct NormedSum {
  at::Tensor sum, normed;
};

/// x + gate y, or x + y where `gate` is undefined, and the norm of that sum: one pass over memory
/// on a GPU if no gradient is required.
NormedSum residual_norm(const at::Tensor& x, const at::Tensor& gate, const at::Tensor& y,
                        const NormFactors& factors);

}  // namespace cox::engine
