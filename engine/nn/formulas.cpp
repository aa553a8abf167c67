#include "engine/nn/formulas.h"

#include <ATen/ops/addcmul.h>
#include <ATen/ops/matmul.h>
#include <ATen/ops/native_layer_norm.h>
#include <ATen/ops/native_layer_norm_backward.h>
#include <ATen/ops/sigmoid.h>
#include <ATen/ops/view_as_complex.h>
#include <ATen/ops/view_as_real.h>

#include <cmath>

#include "engine/nn/norm.h"
#include "engine/nn/rope.h"
#include "engine/tensors/precision.h"
#include "engine/tensors/torch.h"

namespace cox::engine::formula {
namespace {

/// [B, N, D] as [B, T, N / T, D].
at::Tensor by_run(const at::Tensor& x, int64_t runs) {
  return x.reshape({x.size(0), runs, x.size(1) / runs, x.size(2)});
}

}  // namespace

RunNormed run_norm(const at::Tensor& x, const at::Tensor& shift, const at::Tensor& scale,
                   double added, double eps) {
  const auto [xhat, mean, rstd] = at::native_layer_norm(to_fp32(x), {x.size(-1)}, {}, {}, eps);
  const at::Tensor y =
      at::addcmul(shift.unsqueeze(2), by_run(xhat, shift.size(1)), (scale + added).unsqueeze(2));
  return {y.view(x.sizes()).to(x.scalar_type()), mean.squeeze(-1), rstd.squeeze(-1)};
}

RunNormGradients run_norm_backward(const at::Tensor& dy, const at::Tensor& x,
                                   const at::Tensor& scale, const at::Tensor& mean,
                                   const at::Tensor& rstd, double added) {
  const at::Tensor wide = to_fp32(x).contiguous();
  const at::Tensor g = by_run(to_fp32(dy), scale.size(1));
  const at::Tensor columns_mean = mean.unsqueeze(-1), columns_rstd = rstd.unsqueeze(-1);
  const at::Tensor xhat = by_run((wide - columns_mean) * columns_rstd, scale.size(1));
  const at::Tensor inner = (g * (scale + added).unsqueeze(2)).view(x.sizes());
  const at::Tensor dx = std::get<0>(at::native_layer_norm_backward(
      inner, wide, {x.size(-1)}, columns_mean, columns_rstd, {}, {}, {true, false, false}));
  return {dx.to(x.scalar_type()), g.sum(2), (g * xhat).sum(2)};
}

at::Tensor gated_residual(const at::Tensor& x, const at::Tensor& gate, const at::Tensor& y) {
  const int64_t runs = gate.size(1);
  return at::addcmul(to_fp32(by_run(x, runs)), gate.unsqueeze(2), to_fp32(by_run(y, runs)))
      .view(x.sizes())
      .to(x.scalar_type());
}

GateGradients gated_residual_backward(const at::Tensor& dout, const at::Tensor& gate,
                                      const at::Tensor& y) {
  const at::Tensor g = to_fp32(by_run(dout, gate.size(1)));
  return {(g * to_fp32(by_run(y, gate.size(1)))).sum(2),
          (g * gate.unsqueeze(2)).view(y.sizes()).to(y.scalar_type())};
}

void head_norm(const at::Tensor& x, const at::Tensor& gain, const at::Tensor& rope, double eps,
               const at::Tensor& out) {
  const at::Tensor normed = rms_norm(x.transpose(1, 2), gain, eps);
  out.copy_((rope.defined() ? apply_rope(normed, rope) : normed).transpose(1, 2));
}

at::Tensor head_norm_backward(const at::Tensor& dy, const at::Tensor& x, const at::Tensor& gain,
                              const at::Tensor& rope, double eps, bool wants_gain,
                              const at::Tensor& dx) {
  at::Tensor d = to_fp32(dy);
  if (rope.defined()) {  // turned back
    const at::Tensor pairs = at::view_as_complex(d.unflatten(-1, {-1, 2}).contiguous());
    d = at::view_as_real(pairs * rope.conj().unsqueeze(1)).flatten(-2);
  }
  const at::Tensor wide = to_fp32(x);
  const at::Tensor r = (wide.square().mean(-1, /*keepdim=*/true) + eps).rsqrt();
  const at::Tensor xhat = wide * r;
  const at::Tensor inner = d * to_fp32(gain);
  dx.copy_(r * (inner - xhat * (inner * xhat).mean(-1, /*keepdim=*/true)));
  if (!wants_gain) return {};
  return (d * to_fp32(xhat.to(x.scalar_type()))).sum({0, 1, 2});
}

at::Tensor swiglu(const at::Tensor& gate, const at::Tensor& up) { return at::silu(gate) * up; }

SwigluGradients swiglu_backward(const at::Tensor& dout, const at::Tensor& gate,
                                const at::Tensor& up) {
  const at::Tensor g = to_fp32(gate), d = to_fp32(dout);
  const at::Tensor s = at::sigmoid(g);
  return {(d * to_fp32(up) * s * (1 + g * (1 - s))).to(gate.scalar_type()), dout * at::silu(gate)};
}

at::Tensor wide_linear(const at::Tensor& x, const at::Tensor& weight, const at::Tensor& bias) {
  return at::linear(x, to_fp32(weight), bias.defined() ? to_fp32(bias) : bias);
}

at::Tensor wide_linear_backward(const at::Tensor& dy, const at::Tensor& weight) {
  return at::matmul(dy, to_fp32(weight));
}

void copy_tokens(const at::Tensor& x, const at::Tensor& out) { out.copy_(x); }

Fp8Rows to_fp8_rows(const at::Tensor& x) {
  constexpr int64_t kFractionBits = 23, kFractionMask = 0x7fffff;
  constexpr int64_t kFractionOf448 = 0x600000, kExponentOf448 = 8;
  constexpr int64_t kTwiceBias = 254;  // of fp32's exponents
  const at::Tensor wide = to_fp32(x);
  const at::Tensor largest = wide.abs().amax(-1, /*keepdim=*/true);  // NaN where the row has one
  const at::Tensor bits = largest.view(at::kInt);
  const at::Tensor above = bits.bitwise_and(kFractionMask).gt(kFractionOf448).to(at::kInt);
  const at::Tensor biased =
      (bits.bitwise_right_shift(kFractionBits) - kExponentOf448 + above).clamp_min(1);
  const auto power = [](const at::Tensor& exponent) {
    return exponent.bitwise_left_shift(kFractionBits).view(at::kFloat);
  };
  const at::Tensor values = (wide * power(kTwiceBias - biased)).to(at::kFloat8_e4m3fn);
  return {values, power(biased).masked_fill(largest.isfinite().logical_not(), NAN)};
}

ColumnMaxima column_maxima(const at::Tensor& x) {
  const at::Tensor magnitudes = to_fp32(x).abs();
  return {magnitudes.amax(1), magnitudes.to(at::kDouble).sum(0, /*keepdim=*/false).amax(0)};
}

}  // namespace cox::engine::formula
