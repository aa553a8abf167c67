#pragma once

#include <ATen/core/Tensor.h>

namespace cox::engine {

/// A matrix in e4m3 (OCP 8-bit floating point: 4 bits of exponent, 3 of mantissa, at most 448), one
/// scale for each row: x is about values * scales.
struct Fp8Rows {
  at::Tensor values;  ///< [R, C] e4m3
  at::Tensor scales;  ///< [R, 1] fp32
};

/// Both sides of a product must be multiples of it.
inline constexpr int64_t kFp8SizeUnit = 16;

/// Returns true if the device multiplies in e4m3: a CPU by plain formulas, a GPU from compute
/// capability 8.9.
bool has_fp8(at::Device device);
/// Throws EngineError(kUser) if the device does not support it.
void require_fp8(at::Device device);

/// Rounds each row of x [R, C] (fp32 or bf16, contiguous) to e4m3, to nearest, ties to even. Its
/// scale is the least power of two, and at least 2^-126, that brings the row within 448, so scaling
/// rounds nothing. A row with a value that is not finite gets the scale NaN.
Fp8Rows to_fp8_rows(const at::Tensor& x);

/// x w^T + bias for x [M, K], w [N, K] and bias [N] bf16 (or undefined): bf16 [M, N]. Sums are in
/// fp32 on a CPU; a GPU's tensor cores sum in fewer bits ("fast accumulation").
at::Tensor fp8_product(const Fp8Rows& x, const Fp8Rows& w, const at::Tensor& bias);

}  // namespace cox::engine
