#include "engine/nn/norm.h"

#include <ATen/TensorOperators.h>
#include <torch/csrc/autograd/custom_function.h>

#include "engine/nn/formulas.h"
#include "engine/nn/kernels.h"
#include "engine/nn/residual.h"
#include "engine/tensors/gradient.h"
#include "engine/tensors/precision.h"

namespace cox::engine {
namespace {

using torch::autograd::AutogradContext;
using torch::autograd::variable_list;

RunNormed run_norm(const at::Tensor& x, const at::Tensor& shift, const at::Tensor& scale,
                   double added, double eps) {
  return runs_fused(x) ? fused::run_norm(x, shift, scale, added, eps)
                       : formula::run_norm(x, shift, scale, added, eps);
}

/// Keeps x as it is and two numbers for each token: no fp32 copy of an activation.
struct RunNorm : torch::autograd::Function<RunNorm> {
  static at::Tensor forward(AutogradContext* context, const at::Tensor& x, const at::Tensor& shift,
                            const at::Tensor& scale, double added, double eps) {
    const RunNormed normed = run_norm(x, shift, scale, added, eps);
    context->save_for_backward({x, scale, normed.mean, normed.rstd});
    context->saved_data["added"] = added;
    return normed.y;
  }

  static variable_list backward(AutogradContext* context, const variable_list& gradients) {
    const variable_list saved = context->get_saved_variables();
    const double added = context->saved_data["added"].toDouble();
    const auto backward =
        runs_fused(saved[0]) ? fused::run_norm_backward : formula::run_norm_backward;
    const RunNormGradients d =
        backward(gradients[0], saved[0], saved[1], saved[2], saved[3], added);
    return {d.x, d.shift, d.scale, {}, {}};
  }
};

at::Tensor differentiable_run_norm(const at::Tensor& x, const at::Tensor& shift,
                                   const at::Tensor& scale, double added, double eps) {
  if (!needs_gradient({x, shift, scale})) return run_norm(x, shift, scale, added, eps).y;
  return RunNorm::apply(x, shift, scale, added, eps);
}

}  // namespace

at::Tensor rms_norm(const at::Tensor& x, const at::Tensor& gain, double eps) {
  const at::Tensor wide = to_fp32(x);
  const at::Tensor normalized =
      (wide * (wide.square().mean(-1, /*keepdim=*/true) + eps).rsqrt()).to(x.scalar_type());
  return (normalized * gain).to(x.scalar_type());
}

NormFactors layer_norm_factors(int64_t batch, const at::Tensor& gain, const at::Tensor& bias,
                               double eps) {
  const auto one_run = [&](const at::Tensor& v) {
    return to_fp32(v).view({1, 1, -1}).expand({batch, 1, -1});
  };
  return {one_run(bias), one_run(gain), /*added=*/0, eps};
}

at::Tensor layer_norm(const at::Tensor& x, const at::Tensor& gain, const at::Tensor& bias,
                      double eps) {
  const NormFactors factors = layer_norm_factors(x.size(0), gain, bias, eps);
  return differentiable_run_norm(x, factors.shift, factors.scale, factors.added, eps);
}

NormedSum residual_norm(const at::Tensor& x, const at::Tensor& gate, const at::Tensor& y,
                        const NormFactors& factors) {
  const auto& [shift, scale, added, eps] = factors;
  if (runs_fused(x) && !needs_gradient({x, gate, y, shift, scale})) {
    return fused::residual_norm(x, gate, y, shift, scale, added, eps);
  }
  const at::Tensor sum = gate.defined() ? gated_residual(x, gate, y) : x + y;
  return {sum, differentiable_run_norm(sum, shift, scale, added, eps)};
}

at::Tensor modulated_norm(const at::Tensor& x, const at::Tensor& shift, const at::Tensor& scale,
                          double eps) {
  return differentiable_run_norm(x, shift, scale, /*added=*/1, eps);
}

at::Tensor modulated_affine_norm(const at::Tensor& x, const at::Tensor& gain,
                                 const at::Tensor& bias, const at::Tensor& shift,
                                 const at::Tensor& scale, double eps) {
  const at::Tensor factor = scale + 1;
  return differentiable_run_norm(x, to_fp32(bias) * factor + shift, to_fp32(gain) * factor,
                                 /*added=*/0, eps);
}

}  // namespace cox::engine
