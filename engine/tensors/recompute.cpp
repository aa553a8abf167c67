#include "engine/tensors/recompute.h"

#include <torch/csrc/autograd/autograd.h>
#include <torch/csrc/autograd/custom_function.h>

#include <algorithm>
#include <array>
#include <stdexcept>

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

/// Custom functions take single tensors, not lists, so there is a fixed number of places; the
/// anchor fills those that are not used.
constexpr size_t kPlaces = 5;

struct Recompute : torch::autograd::Function<Recompute> {
  /// `anchor` requires a gradient, so that the node exists even if only a captured parameter, and
  /// no input, requires one.
  static at::Tensor forward(AutogradContext* context, TensorFunction function, size_t used,
                            const at::Tensor& /*anchor*/, const at::Tensor& a, const at::Tensor& b,
                            const at::Tensor& c, const at::Tensor& d, const at::Tensor& e) {
    variable_list inputs = {a, b, c, d, e};
    inputs.resize(used);
    context->save_for_backward(inputs);
    at::Tensor output = function(inputs);  // gradient mode is off inside a custom function
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
    constexpr size_t kFirstInput = 3;  // after function, count and anchor, which get none
    variable_list gradients(kFirstInput + kPlaces);
    for (size_t i = 0; i < leaves.size(); ++i) gradients[kFirstInput + i] = leaves[i].grad();
    return gradients;
  }
};

}  // namespace

at::Tensor recompute_in_backward(const TensorFunction& function,
                                 const std::vector<at::Tensor>& inputs) {
  if (!at::GradMode::is_enabled()) return function(inputs);
  if (inputs.size() > kPlaces) {
    throw std::invalid_argument("recompute_in_backward: more inputs than places");
  }
  const at::Tensor anchor = at::zeros({}).set_requires_grad(true);
  std::array<at::Tensor, kPlaces> in;
  in.fill(anchor);
  std::copy(inputs.begin(), inputs.end(), in.begin());
  return Recompute::apply(function, inputs.size(), anchor, in[0], in[1], in[2], in[3], in[4]);
}

}  // namespace cox::engine
