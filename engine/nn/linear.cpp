#include "engine/nn/linear.h"

#include <ATen/ops/linear.h>
#include <ATen/ops/matmul.h>
#include <torch/csrc/autograd/custom_function.h>

#include <optional>

#include "engine/nn/formulas.h"
#include "engine/nn/kernels.h"
#include "engine/tensors/gradient.h"
#include "engine/tensors/precision.h"

namespace cox::engine {
namespace {

using torch::autograd::AutogradContext;
using torch::autograd::variable_list;

at::Tensor wide_linear(const at::Tensor& x, const at::Tensor& weight, const at::Tensor& bias) {
  return runs_fused(weight) ? fused::wide_linear(x, weight, bias)
                            : formula::wide_linear(x, weight, bias);
}

/// Keeps the weight as it is stored; stock autograd would keep an fp32 copy of it for each call.
struct WideLinear : torch::autograd::Function<WideLinear> {
  static at::Tensor forward(AutogradContext* context, const at::Tensor& x,
                            const at::Tensor& weight, const std::optional<at::Tensor>& bias) {
    context->save_for_backward({weight.requires_grad() ? x : at::Tensor(), weight,
                                bias.value_or(at::Tensor())});
    return wide_linear(x, weight, bias.value_or(at::Tensor()));
  }

  static variable_list backward(AutogradContext* context, const variable_list& gradients) {
    const variable_list saved = context->get_saved_variables();
    const at::Tensor &x = saved[0], &weight = saved[1], &bias = saved[2];
    const at::Tensor dy = gradients[0];
    at::Tensor dweight, dbias;
    if (weight.requires_grad()) {
      dweight = at::matmul(dy.flatten(0, -2).t(), x.flatten(0, -2)).to(weight.scalar_type());
    }
    if (bias.defined() && bias.requires_grad()) {
      dbias = dy.flatten(0, -2).sum(0).to(bias.scalar_type());
    }
    const auto backward =
        runs_fused(weight) ? fused::wide_linear_backward : formula::wide_linear_backward;
    return {backward(dy, weight), dweight, dbias};
  }
};

}  // namespace

at::Tensor linear(const Linear& layer, const at::Tensor& x) {
  return at::linear(x, layer.weight, layer.bias);
}

at::Tensor linear_fp32(const Linear& layer, const at::Tensor& x) {
  const at::Tensor wide = to_fp32(x);
  if (!needs_gradient({wide, layer.weight, layer.bias})) {
    return wide_linear(wide, layer.weight, layer.bias);
  }
  const bool biased = layer.bias.defined();  // custom functions take no undefined tensor
  return WideLinear::apply(wide, layer.weight, biased ? std::optional(layer.bias) : std::nullopt);
}

}  // namespace cox::engine
