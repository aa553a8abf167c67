#include "engine/nn/residual.h"

#include <ATen/TensorOperators.h>
#include <torch/csrc/autograd/custom_function.h>

#include "engine/nn/formulas.h"
#include "engine/nn/kernels.h"
#include "engine/tensors/gradient.h"

namespace cox::engine {
namespace {

using torch::autograd::AutogradContext;
using torch::autograd::variable_list;

at::Tensor computed_residual(const at::Tensor& x, const at::Tensor& gate, const at::Tensor& y) {
  return runs_fused(x) ? fused::gated_residual(x, gate, y) : formula::gated_residual(x, gate, y);
}

struct GatedResidual : torch::autograd::Function<GatedResidual> {
  static at::Tensor forward(AutogradContext* context, const at::Tensor& x, const at::Tensor& gate,
                            const at::Tensor& y) {
    context->save_for_backward({gate, y});
    return computed_residual(x, gate, y);
  }

  static variable_list backward(AutogradContext* context, const variable_list& gradients) {
    const variable_list saved = context->get_saved_variables();
    const auto backward =
        runs_fused(saved[1]) ? fused::gated_residual_backward : formula::gated_residual_backward;
    const GateGradients d = backward(gradients[0], saved[0], saved[1]);
    return {gradients[0], d.gate, d.y};
  }
};

at::Tensor with_tail(const at::Tensor& x, const at::Tensor& y) {
  at::Tensor out = x.clone(at::MemoryFormat::Contiguous);
  out.narrow(1, x.size(1) - y.size(1), y.size(1)).add_(y);
  return out;
}

/// Its gradients are the result's own: stock autograd would fill the head with zeros and add.
struct AddToTail : torch::autograd::Function<AddToTail> {
  static at::Tensor forward(AutogradContext* context, const at::Tensor& x, const at::Tensor& y) {
    context->saved_data["tail"] = y.size(1);
    return with_tail(x, y);
  }

  static variable_list backward(AutogradContext* context, const variable_list& gradients) {
    const int64_t tail = context->saved_data["tail"].toInt();
    return {gradients[0], gradients[0].narrow(1, gradients[0].size(1) - tail, tail)};
  }
};

}  // namespace

at::Tensor gated_residual(const at::Tensor& x, const at::Tensor& gate, const at::Tensor& y) {
  if (!needs_gradient({x, gate, y})) return computed_residual(x, gate, y);
  return GatedResidual::apply(x, gate, y);
}

at::Tensor add_to_tail(const at::Tensor& x, const at::Tensor& y) {
  if (x.size(1) == y.size(1)) return x + y;
  return needs_gradient({x, y}) ? AddToTail::apply(x, y) : with_tail(x, y);
}

}  // namespace cox::engine
