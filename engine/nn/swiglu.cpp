#include "engine/nn/swiglu.h"

#include <torch/csrc/autograd/custom_function.h>

#include "engine/nn/formulas.h"
#include "engine/nn/kernels.h"
#include "engine/tensors/gradient.h"

namespace cox::engine {
namespace {

using torch::autograd::AutogradContext;
using torch::autograd::variable_list;

at::Tensor computed_swiglu(const at::Tensor& gate, const at::Tensor& up) {
  return runs_fused(gate) ? fused::swiglu(gate, up) : formula::swiglu(gate, up);
}

/// Keeps only gate and up: computing their product again costs less than keeping it.
struct Swiglu : torch::autograd::Function<Swiglu> {
  static at::Tensor forward(AutogradContext* context, const at::Tensor& gate,
                            const at::Tensor& up) {
    context->save_for_backward({gate, up});
    return computed_swiglu(gate, up);
  }

  static variable_list backward(AutogradContext* context, const variable_list& gradients) {
    const variable_list saved = context->get_saved_variables();
    const auto backward = runs_fused(saved[0]) ? fused::swiglu_backward : formula::swiglu_backward;
    const SwigluGradients d = backward(gradients[0], saved[0], saved[1]);
    return {d.gate, d.up};
  }
};

}  // namespace

at::Tensor swiglu(const at::Tensor& gate, const at::Tensor& up) {
  return needs_gradient({gate, up}) ? Swiglu::apply(gate, up) : computed_swiglu(gate, up);
}

}  // namespace cox::engine
