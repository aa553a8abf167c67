#include "engine/diffusion/cfg_zero.h"

#include <ATen/TensorOperators.h>

namespace cox::engine {

at::Tensor cfg_zero_scale(const at::Tensor& cond, const at::Tensor& uncond) {
  const at::Tensor a = cond.flatten(1), b = uncond.flatten(1);
  const at::Tensor scale = (a * b).sum(1) / (b.square().sum(1) + 1e-8);
  std::vector<int64_t> shape(static_cast<size_t>(cond.dim()), 1);
  shape[0] = cond.size(0);
  return scale.view(shape);
}

at::Tensor cfg_zero(const at::Tensor& cond, const at::Tensor& uncond, double guidance) {
  const at::Tensor projected = uncond * cfg_zero_scale(cond, uncond);
  return projected + guidance * (cond - projected);
}

}  // namespace cox::engine
