#include "engine/nn/norm.h"

#include <ATen/TensorOperators.h>
#include <ATen/ops/addcmul.h>
#include <ATen/ops/layer_norm.h>

#include "engine/tensors/precision.h"

namespace cox::engine {
namespace {

/// [B, N, D] as [B, T, N / T, D].
at::Tensor by_frame(const at::Tensor& x, int64_t frames) {
  return x.view({x.size(0), frames, -1, x.size(2)});
}

}  // namespace

at::Tensor rms_norm(const at::Tensor& x, const at::Tensor& gain, double eps) {
  const at::Tensor wide = to_fp32(x);
  const at::Tensor normalised =
      (wide * (wide.square().mean(-1, /*keepdim=*/true) + eps).rsqrt()).to(x.scalar_type());
  return (normalised * gain).to(x.scalar_type());
}

at::Tensor layer_norm_fp32(const at::Tensor& x, double eps) {
  return at::layer_norm(to_fp32(x), {x.size(-1)}, {}, {}, eps);
}

at::Tensor layer_norm(const at::Tensor& x, const at::Tensor& gain, const at::Tensor& bias,
                      double eps) {
  return at::layer_norm(to_fp32(x), {x.size(-1)}, to_fp32(gain), to_fp32(bias), eps)
      .to(x.scalar_type());
}

at::Tensor modulated_norm(const at::Tensor& x, const at::Tensor& shift, const at::Tensor& scale) {
  const at::Tensor normalised = by_frame(layer_norm_fp32(x), shift.size(1));
  return at::addcmul(shift.unsqueeze(2), normalised, scale.unsqueeze(2) + 1)
      .view(x.sizes())
      .to(x.scalar_type());
}

at::Tensor gated_residual(const at::Tensor& x, const at::Tensor& gate, const at::Tensor& y) {
  const int64_t frames = gate.size(1);
  return at::addcmul(to_fp32(by_frame(x, frames)), gate.unsqueeze(2), to_fp32(by_frame(y, frames)))
      .view(x.sizes())
      .to(x.scalar_type());
}

}  // namespace cox::engine
