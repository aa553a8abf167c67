#include "engine/metrics/values.h"

#include <ATen/ops/mean.h>

namespace cox::engine {

std::vector<double> frame_values(const at::Tensor& values) {
  const at::Tensor numbers = values.to(at::kCPU, at::kDouble).contiguous();
  const double* first = numbers.const_data_ptr<double>();
  return {first, first + numbers.numel()};
}

std::vector<double> frame_means(const at::Tensor& values) {
  return frame_values(values.to(at::kDouble).flatten(1).mean(1));
}

}  // namespace cox::engine
