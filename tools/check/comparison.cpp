#include "tools/check/comparison.h"

#include <cmath>
#include <limits>

#include "engine/tensors/torch.h"

namespace cox::engine {

double relative_distance(const at::Tensor& got, const at::Tensor& expected) {
  if (got.sizes() != expected.sizes()) return std::numeric_limits<double>::infinity();
  const at::Tensor reference = expected.to(at::kCPU, at::kDouble);
  const at::Tensor difference = got.to(at::kCPU, at::kDouble) - reference;
  return (difference.norm() / reference.norm()).item<double>();
}

double largest_distance(const std::vector<at::Tensor>& got,
                        const std::vector<at::Tensor>& expected) {
  double largest = 0;
  for (size_t i = 0; i < expected.size(); ++i) {
    const double distance = relative_distance(got.at(i), expected[i]);
    if (std::isnan(distance)) return distance;
    largest = std::max(largest, distance);
  }
  return largest;
}

}  // namespace cox::engine
