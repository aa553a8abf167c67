#include "engine/tensors/gradient.h"

#include "engine/tensors/torch.h"

namespace cox::engine {

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
