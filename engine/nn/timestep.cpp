#include "engine/nn/timestep.h"

#include <ATen/TensorOperators.h>
#include <ATen/ops/arange.h>
#include <ATen/ops/cat.h>

#include <cmath>

namespace cox::engine {

at::Tensor timestep_embedding(const at::Tensor& t, int64_t size) {
  // Computes frequencies on the CPU and products in fp32, as the reference does: with large angles,
  // any other order differs by 1e-5.
  const int64_t half = size / 2;
  const at::Tensor frequencies =
      (at::arange(half, at::kFloat) * -std::log(10000.0) / half).exp().to(t.device());
  const at::Tensor angles = t.unsqueeze(1) * frequencies;
  return at::cat({angles.cos(), angles.sin()}, -1);
}

}  // namespace cox::engine
