#include "engine/text/relative_buckets.h"

#include <ATen/ops/where.h>

#include <cmath>

#include "engine/tensors/torch.h"

namespace cox::engine {

at::Tensor relative_buckets(std::int64_t length, std::int64_t buckets, std::int64_t max_distance) {
  const std::int64_t side = buckets / 2;
  const std::int64_t exact = side / 2;
  const at::Tensor position = at::arange(length, at::kLong);
  const at::Tensor relative = position.unsqueeze(0) - position.unsqueeze(1);  // key - query
  const at::Tensor distance = relative.abs();

  // fp32 as in the reference: the borders of the logarithmic buckets depend on it.
  const double octaves = std::log(static_cast<double>(max_distance) / static_cast<double>(exact));
  const at::Tensor ratio = (distance.to(at::kFloat) / exact).log() / octaves;
  const at::Tensor coarse = ((ratio * (side - exact)).to(at::kLong) + exact).clamp_max(side - 1);
  const at::Tensor within = at::where(distance < exact, distance, coarse);
  return within + (relative > 0).to(at::kLong) * side;
}

}  // namespace cox::engine
