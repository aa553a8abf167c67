#include "engine/tensors/gradient.h"

#include <algorithm>

#include "engine/tensors/torch.h"

namespace cox::engine {

bool needs_gradient(std::initializer_list<at::Tensor> inputs) {
  return at::GradMode::is_enabled() &&
         std::any_of(inputs.begin(), inputs.end(),
                     [](const at::Tensor& x) { return x.defined() && x.requires_grad(); });
}

std::vector<at::Tensor> gradients(const at::Tensor& loss, const std::vector<at::Tensor>& leaves) {
  for (const at::Tensor& leaf : leaves) leaf.mutable_grad().reset();
  if (loss.requires_grad()) loss.backward();
  std::vector<at::Tensor> result;
  for (const at::Tensor& leaf : leaves) {
    result.push_back(leaf.grad().defined() ? leaf.grad() : at::zeros_like(leaf));
    leaf.mutable_grad().reset();
  }
  return result;
}

}  // namespace cox::engine
