#include "tools/init/random_weights.h"

#include <fmt/format.h>

#include <ATen/Context.h>
#include <ATen/ops/randn.h>

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <stdexcept>

#include "base/digest.h"
#include "base/file.h"
#include "base/text.h"
#include "engine/checkpoint/safetensors.h"
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
    {"adaLN_modulation", 0.3},                             // modulation stays a correction
    {"time_proj", 0.3},                                    // Wan's
    {"norm1.linear", 0.3},                                 // CogVideoX's
    {"norm2.linear", 0.3},     {"_mod.lin", 0.3},          // Open-Sora's
    {"modulation.lin", 0.3},   {"decoder.conv_out", 0.4},  // most pixels stay inside [-1, 1]
    {"SelfAttention.q", 0.5},                              // UMT5 does not scale its scores
    {"quant_conv", 0.5},                                   // latents of about half unit size
};

bool contains(const std::string& name, const char* part) {
  return name.find(part) != std::string::npos;
}

bool is_gain(const ExpectedTensor& tensor) {
  const bool is_weight = tensor.shape.size() == 1 && ends_with(tensor.name, ".weight");
  return is_weight || ends_with(tensor.name, "gamma") || ends_with(tensor.name, ".scale");
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

at::Tensor normal_values(const ExpectedTensor& tensor, const Draw& draw) {
  if (draw.device.is_cpu()) {
    RandomStream stream(StreamKey{draw.seed, 0, tensor.name, Purpose::kRandomModel, 0});
    return stream.normal(tensor.shape);
  }
  at::Generator generator = at::globalContext().defaultGenerator(draw.device).clone();
  const std::string key = sha256_of(fmt::format("{}:{}", draw.seed, tensor.name));
  constexpr std::size_t kSeedDigits = 16;
  generator.set_current_seed(std::stoull(key.substr(0, kSeedDigits), nullptr, /*base=*/16));
  return at::randn(tensor.shape, generator, at::device(draw.device).dtype(at::kFloat));
}

at::Tensor scaled_values(const ExpectedTensor& tensor, const at::Tensor& normal) {
  if (is_gain(tensor)) return normal * kGainSpread + 1;
  if (is_table(tensor)) return normal;
  if (tensor.shape.size() == 1) return normal * kBiasSpread;
  return normal * matrix_spread(tensor);
}

using Shards = std::vector<std::vector<ExpectedTensor>>;

std::int64_t bytes_of(const ExpectedTensor& tensor, at::ScalarType dtype) {
  return c10::multiply_integers(tensor.shape) * static_cast<std::int64_t>(c10::elementSize(dtype));
}

/// In order; a tensor larger than a shard is one by itself.
Shards in_shards(const std::vector<ExpectedTensor>& tensors, at::ScalarType dtype,
                 std::int64_t shard_bytes) {
  Shards shards(1);
  std::int64_t held = 0;
  for (const ExpectedTensor& tensor : tensors) {
    const std::int64_t bytes = bytes_of(tensor, dtype);
    if (held + bytes > shard_bytes && !shards.back().empty()) {
      shards.emplace_back();
      held = 0;
    }
    shards.back().push_back(tensor);
    held += bytes;
  }
  return shards;
}

std::string shard_ending(std::size_t index, std::size_t count) {
  const auto padded = [](std::size_t number) {
    constexpr std::size_t kDigits = 5;
    const std::string digits = std::to_string(number);
    return std::string(kDigits - std::min(kDigits, digits.size()), '0') + digits;
  };
  return fmt::format("-{}-of-{}.safetensors", padded(index + 1), padded(count));
}

void save_shards(const std::string& stem, const Shards& shards, const Draw& draw) {
  nlohmann::json index;
  std::int64_t total = 0;
  for (std::size_t i = 0; i < shards.size(); ++i) {
    const std::string file = stem + shard_ending(i, shards.size());
    save_safetensors(file, random_weights(shards[i], draw));
    for (const ExpectedTensor& tensor : shards[i]) {
      index["weight_map"][tensor.name] = std::filesystem::path(file).filename().string();
      total += bytes_of(tensor, draw.dtype);
    }
  }
  index["metadata"]["total_size"] = total;
  const Status written = write_file_atomically(stem + ".safetensors.index.json", index.dump(1));
  if (!written.is_ok()) throw std::runtime_error(written.message());
}

}  // namespace

std::map<std::string, at::Tensor> random_weights(const std::vector<ExpectedTensor>& tensors,
                                                 const Draw& draw) {
  std::map<std::string, at::Tensor> values;
  for (const ExpectedTensor& tensor : tensors) {
    values.emplace(tensor.name,
                   scaled_values(tensor, normal_values(tensor, draw)).to(at::kCPU, draw.dtype));
  }
  return values;
}

void save_random_weights(const std::string& stem, const std::vector<ExpectedTensor>& tensors,
                         const Draw& draw, std::int64_t shard_bytes) {
  const Shards shards = in_shards(tensors, draw.dtype, shard_bytes);
  if (shards.size() > 1) return save_shards(stem, shards, draw);
  save_safetensors(stem + ".safetensors", random_weights(tensors, draw));
}

}  // namespace cox::engine
