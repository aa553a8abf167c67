#include "engine/text/relative_buckets.h"

#include <ATen/ops/index_select.h>
#include <ATen/ops/tensor.h>

#include <algorithm>
#include <cmath>
#include <vector>

#include "engine/tensors/torch.h"

namespace cox::engine {

at::Tensor relative_buckets(std::int64_t length, std::int64_t buckets, std::int64_t max_distance) {
  const std::int64_t side = buckets / 2;
  const std::int64_t exact = side / 2;
  const at::Tensor position = at::arange(length, at::kLong);
  const at::Tensor relative = position.unsqueeze(0) - position.unsqueeze(1);  // key - query
  const at::Tensor distance = relative.abs();

  // fp32 as in the reference, because the borders of the logarithmic buckets depend on it, and one
  // at a time, because a vectorized logarithm differs between processors.
  const auto octaves =
      static_cast<float>(std::log(static_cast<double>(max_distance) / static_cast<double>(exact)));
  std::vector<std::int64_t> by_distance;
  for (std::int64_t d = 0; d < length; ++d) {
    const float ratio =
        std::log(static_cast<float>(std::max(d, exact)) / static_cast<float>(exact)) / octaves;
    const auto beyond = static_cast<std::int64_t>(ratio * static_cast<float>(side - exact));
    by_distance.push_back(d < exact ? d : std::min(exact + beyond, side - 1));
  }
  const at::Tensor within =
      at::tensor(by_distance, at::kLong).index_select(0, distance.flatten()).view_as(distance);
  return within + (relative > 0).to(at::kLong) * side;
}

}  // namespace cox::engine
