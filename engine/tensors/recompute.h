#pragma once

#include <ATen/core/Tensor.h>

#include <functional>
#include <vector>

namespace cox::engine {

using TensorFunction = std::function<at::Tensor(const std::vector<at::Tensor>&)>;

/// Returns function(inputs) for at most five inputs without keeping activations: the backward pass
/// runs `function` again. Gradients flow to `inputs` and, through their .grad, to leaf tensors that
/// `function` captures; a captured tensor that is not a leaf must be an input instead. `function`
/// must be deterministic, and objects that it captures by reference must live until the backward
/// pass is over. Without gradient mode this is a plain call.
at::Tensor recompute_in_backward(const TensorFunction& function,
                                 const std::vector<at::Tensor>& inputs);

}  // namespace cox::engine
