#include "engine/tools/random_weights.h"

#include <cmath>

#include "base/text.h"
#include "engine/tensors/random.h"
#include "engine/tensors/torch.h"

namespace cox::engine {
namespace {

constexpr double kGainSpread = 0.05;
constexpr double kBiasSpread = 0.02;

/// Layers whose output should be smaller than their input.
struct Damping {
  const char* part;  ///< of the tensor's name
  double factor;
};
constexpr Damping kDampings[] = {
    {"adaLN_modulation", 0.3},  // modulation stays a correction
    {"decoder.conv_out", 0.4},  // most pixels stay inside [-1, 1]
    {"SelfAttention.q", 0.5},   // UMT5 does not scale its scores
    {"quant_conv", 0.5},        // latents of about half unit size
};

bool contains(const std::string& name, const char* part) {
  return name.find(part) != std::string::npos;
}

bool is_gain(const ExpectedTensor& tensor) {
  return ends_with(tensor.name, "gamma") || ends_with(tensor.name, "norm.weight");
}

bool is_table(const ExpectedTensor& tensor) {
  return contains(tensor.name, "shared") || contains(tensor.name, "relative_attention_bias");
}

double matrix_spread(const ExpectedTensor& tensor) {
  double fan_in = 1;
  for (std::size_t i = 1; i < tensor.shape.size(); ++i) {
    fan_in *= static_cast<double>(tensor.shape[i]);
  }
  double spread = 1 / std::sqrt(fan_in);
  for (const Damping& damping : kDampings) {
    if (contains(tensor.name, damping.part)) spread *= damping.factor;
  }
  return spread;
}

at::Tensor random_values(const ExpectedTensor& tensor, std::uint64_t seed) {
  RandomStream stream(StreamKey{seed, 0, tensor.name, Purpose::kRandomModel, 0});
  const at::Tensor normal = stream.normal(tensor.shape);
  if (is_gain(tensor)) return normal * kGainSpread + 1;
  if (is_table(tensor)) return normal;
  if (tensor.shape.size() == 1) return normal * kBiasSpread;
  return normal * matrix_spread(tensor);
}

}  // namespace

std::map<std::string, at::Tensor> random_weights(const std::vector<ExpectedTensor>& tensors,
                                                 std::uint64_t seed) {
  std::map<std::string, at::Tensor> values;
  for (const ExpectedTensor& tensor : tensors) {
    values.emplace(tensor.name, random_values(tensor, seed));
  }
  return values;
}

}  // namespace cox::engine
