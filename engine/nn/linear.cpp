#include "engine/nn/linear.h"

#include <ATen/ops/_addmm_activation.h>
#include <ATen/ops/gelu.h>
#include <ATen/ops/matmul.h>
#include <torch/csrc/autograd/custom_function.h>

#include <optional>

#include "engine/nn/formulas.h"
#include "engine/nn/kernels.h"
#include "engine/tensors/gradient.h"
#include "engine/tensors/precision.h"
#include "engine/tensors/torch.h"

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
  static at::Tensor forward(AutogradContext* context, const at::Tensor& x, const at::Tensor& weight,
                            const std::optional<at::Tensor>& bias) {
    context->save_for_backward(
        {weight.requires_grad() ? x : at::Tensor(), weight, bias.value_or(at::Tensor())});
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

/// W x + b in fp32 without the layer's low-rank terms.
at::Tensor weights_fp32(const Linear& layer, const at::Tensor& x) {
  const at::Tensor wide = to_fp32(x);
  if (!needs_gradient({wide, layer.weight, layer.bias})) {
    return wide_linear(wide, layer.weight, layer.bias);
  }
  const bool biased = layer.bias.defined();  // custom functions do not accept undefined tensors
  return WideLinear::apply(wide, layer.weight, biased ? std::optional(layer.bias) : std::nullopt);
}

at::Tensor low_rank_term(const LowRank& term, const at::Tensor& x, at::ScalarType dtype) {
  const at::Tensor down = at::linear(x.to(term.down.scalar_type()).to(dtype), term.down.to(dtype));
  const std::vector<at::Tensor> parts = down.chunk(static_cast<int64_t>(term.up.size()), -1);
  std::vector<at::Tensor> ups;
  for (size_t i = 0; i < parts.size(); ++i) {
    ups.push_back(at::linear(parts[i], term.up[i].to(dtype)));
  }
  const at::Tensor all = at::cat(ups, -1);
  // Rounded after each factor, as the reference does.
  return (term.multiplier == 1 ? all : all * term.multiplier) * term.scale;
}

/// The terms are summed before y is added, as the reference does.
at::Tensor add_low_rank(const at::Tensor& y, const std::vector<LowRank>& terms, const at::Tensor& x,
                        at::ScalarType dtype) {
  if (terms.empty()) return y;
  at::Tensor sum = low_rank_term(terms.front(), x, dtype);
  for (size_t i = 1; i < terms.size(); ++i) sum = sum + low_rank_term(terms[i], x, dtype);
  return y + sum;
}

}  // namespace

at::Tensor linear(const Linear& layer, const at::Tensor& x) {
  return with_low_rank(layer, x, at::linear(x, layer.weight, layer.bias));
}

at::Tensor gelu_linear(const Linear& layer, const at::Tensor& x) {
  if (!runs_fused(x) || !layer.bias.defined() || !layer.low_rank.empty() ||
      needs_gradient({x, layer.weight, layer.bias})) {
    return at::gelu(linear(layer, x), "tanh");
  }
  // On a GPU this operator's GELU is the tanh one; on a CPU it would be the exact one.
  const at::Tensor y = at::_addmm_activation(layer.bias, x.flatten(0, -2), layer.weight.t(),
                                             /*beta=*/1, /*alpha=*/1, /*use_gelu=*/true);
  std::vector<int64_t> shape = x.sizes().vec();
  shape.back() = y.size(-1);
  return y.view(shape);
}

at::Tensor with_low_rank(const Linear& layer, const at::Tensor& x, const at::Tensor& y) {
  return add_low_rank(y, layer.low_rank, x, y.scalar_type());
}

at::Tensor linear_fp32(const Linear& layer, const at::Tensor& x) {
  return add_low_rank(weights_fp32(layer, x), layer.low_rank, x, at::kFloat);
}

}  // namespace cox::engine
