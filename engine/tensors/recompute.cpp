#include "engine/tensors/recompute.h"

#include <torch/csrc/autograd/autograd.h>
#include <torch/csrc/autograd/custom_function.h>

#include "engine/tensors/torch.h"

namespace cox::engine {
namespace {

using torch::autograd::AutogradContext;
using torch::autograd::variable_list;

/// A captured closure travels in the context as a custom holder.
struct FunctionHolder : torch::CustomClassHolder {
  explicit FunctionHolder(TensorFunction held) : function(std::move(held)) {}
  TensorFunction function;
};

struct Recompute : torch::autograd::Function<Recompute> {
  /// `anchor` requires a gradient, so that the node exists even when no input does but a captured
  /// parameter does.
  static at::Tensor forward(AutogradContext* context, const at::Tensor& /*anchor*/,
                            const variable_list& inputs, TensorFunction function) {
    context->save_for_backward(inputs);
    const at::NoGradGuard no_grad;
    at::Tensor output = function(inputs);
    context->saved_data["function"] =
        c10::IValue::make_capsule(c10::make_intrusive<FunctionHolder>(std::move(function)));
    return output;
  }

  static variable_list backward(AutogradContext* context, const variable_list& output_gradients) {
    const auto holder = context->saved_data["function"].toCapsule();
    const auto& function = static_cast<FunctionHolder&>(*holder).function;
    variable_list leaves;
    for (const at::Tensor& saved : context->get_saved_variables()) {
      leaves.push_back(saved.detach().set_requires_grad(saved.requires_grad()));
    }
    {
      const at::AutoGradMode with_gradients(true);
      const at::Tensor output = function(leaves);
      if (output.requires_grad()) torch::autograd::backward({output}, {output_gradients[0]});
    }
    variable_list gradients = {at::Tensor()};  // the anchor's
    for (const at::Tensor& leaf : leaves) gradients.push_back(leaf.grad());
    gradients.emplace_back();  // the function's
    return gradients;
  }
};

}  // namespace

at::Tensor recompute_in_backward(const TensorFunction& function,
                                 const std::vector<at::Tensor>& inputs) {
  if (!at::GradMode::is_enabled()) return function(inputs);
  const at::Tensor anchor = at::zeros({}).set_requires_grad(true);
  return Recompute::apply(anchor, inputs, function);
}

}  // namespace cox::engine
