#include "hashed.h"

#include <algorithm>
#include <cmath>

namespace cox::engine {

at::Tensor hashed(std::uint32_t stream, const std::vector<int64_t>& shape, double low,
                  double high) {
  at::Tensor values = at::empty(shape, at::kFloat);
  float* out = values.mutable_data_ptr<float>();
  for (int64_t i = 0; i < values.numel(); ++i) {
    std::uint32_t x = static_cast<std::uint32_t>(i) * 0x9E3779B1u + stream * 0x85EBCA77u;
    x ^= x >> 16;
    x *= 0x7FEB352Du;
    x ^= x >> 15;
    x *= 0x846CA68Bu;
    x ^= x >> 16;
    out[i] = static_cast<float>(low + (high - low) * ((x >> 8) / 16777216.0));
  }
  return values;
}

std::map<std::string, at::Tensor> hashed_state(const std::vector<ExpectedTensor>& tensors) {
  std::map<std::string, std::vector<int64_t>> shapes;
  for (const ExpectedTensor& tensor : tensors) shapes[tensor.name] = tensor.shape;
  std::map<std::string, at::Tensor> state;
  std::uint32_t stream = 0;
  for (const auto& [name, shape] : shapes) {
    double fan_in = 1;
    for (std::size_t d = 1; d < shape.size(); ++d) fan_in *= static_cast<double>(shape[d]);
    const double bound = shape.size() > 1 ? std::sqrt(3 / fan_in) : 0.3;
    const bool is_gain = shape.size() == 1 && name.ends_with("weight");
    state[name] =
        hashed(stream++, shape, is_gain ? 1 - bound : -bound, is_gain ? 1 + bound : bound);
  }
  return state;
}

}  // namespace cox::engine
