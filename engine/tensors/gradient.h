#pragma once

#include <ATen/core/Tensor.h>

#include <initializer_list>
#include <vector>

namespace cox::engine {

/// Returns true if autograd is recording and any of these tensors requires a gradient. Undefined
/// tensors never do.
bool needs_gradient(std::initializer_list<at::Tensor> inputs);

/// Returns the gradients of a scalar loss with respect to leaf tensors, in their order; zeros for a
/// leaf on which the loss does not depend. Works through recomputed blocks, which reach leaves
/// through their .grad: these are cleared before and after.
std::vector<at::Tensor> gradients(const at::Tensor& loss, const std::vector<at::Tensor>& leaves);

}  // namespace cox::engine
