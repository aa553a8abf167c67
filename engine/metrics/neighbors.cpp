#include "engine/metrics/neighbors.h"

#include <fmt/format.h>

#include <ATen/ops/abs.h>
#include <ATen/ops/mean.h>

#include "engine/tensors/error.h"
#include "engine/tensors/torch.h"

namespace cox::engine {

void check_neighbors(const at::Tensor& frames, const std::string& metric) {
  if (frames.size(0) >= 2) return;
  throw user_error(
      fmt::format("{}: expected at least 2 frames to compare, got {}; score more frames "
                  "(total_frames) or leave the metric out",
                  metric, frames.size(0)));
}

double mean_difference(const at::Tensor& frames) {
  const at::Tensor exact = frames.to(at::kDouble);
  const std::int64_t pairs = frames.size(0) - 1;
  return (exact.narrow(0, 1, pairs) - exact.narrow(0, 0, pairs)).abs().mean().item<double>();
}

}  // namespace cox::engine
