#include "engine/tensors/random.h"

#include <fmt/format.h>

#include <ATen/ops/empty.h>

#include <cmath>
#include <numbers>

#include "base/digest.h"

namespace cox::engine {
namespace {

const char* purpose_name(Purpose purpose) {
  switch (purpose) {
    case Purpose::kInit:
      return "init";
    case Purpose::kVae:
      return "vae";
    case Purpose::kTrainSigma:
      return "train_sigma";
    case Purpose::kTrainNoise:
      return "train_noise";
    case Purpose::kEarlyStopNoise:
      return "early_stop_noise";
    case Purpose::kGeneration:
      return "generation";
    case Purpose::kRandomModel:
      return "random_model";
    case Purpose::kScene:
      return "scene";
    case Purpose::kTrainer:
      return "trainer";
    case Purpose::kDirection:
      return "direction";
  }
  COX_CHECK(false, "unknown purpose");
}

uint32_t word_from_hex(const std::string& hex, size_t word) {
  return static_cast<uint32_t>(std::stoul(hex.substr(word * 8, 8), nullptr, 16));
}

double unit_interval(uint32_t bits) { return (bits + 0.5) * 0x1p-32; }

}  // namespace

std::array<uint32_t, 4> philox4x32(std::array<uint32_t, 4> counter, std::array<uint32_t, 2> key) {
  constexpr uint64_t kMultiplier0 = 0xD2511F53, kMultiplier1 = 0xCD9E8D57;
  constexpr uint32_t kWeyl0 = 0x9E3779B9, kWeyl1 = 0xBB67AE85;
  constexpr int kRounds = 10;
  for (int round = 0; round < kRounds; ++round) {
    const uint64_t product0 = kMultiplier0 * counter[0];
    const uint64_t product1 = kMultiplier1 * counter[2];
    counter = {static_cast<uint32_t>(product1 >> 32) ^ counter[1] ^ key[0],
               static_cast<uint32_t>(product1),
               static_cast<uint32_t>(product0 >> 32) ^ counter[3] ^ key[1],
               static_cast<uint32_t>(product0)};
    key = {key[0] + kWeyl0, key[1] + kWeyl1};
  }
  return counter;
}

RandomStream::RandomStream(const StreamKey& key) {
  // A digest spreads the key over 128 bits: 64 of Philox's key, 64 of its counter.
  const std::string digest =
      sha256_of(fmt::format("coxswain stream 1\n{}\n{}\n{}\n{}\n{}", key.seed, key.replicate,
                            purpose_name(key.purpose), key.step, key.video_id));
  key_ = {word_from_hex(digest, 0), word_from_hex(digest, 1)};
  stream_ = {word_from_hex(digest, 2), word_from_hex(digest, 3)};
}

std::array<uint32_t, 4> RandomStream::next_block() {
  const uint64_t block = block_++;
  return philox4x32(
      {static_cast<uint32_t>(block), static_cast<uint32_t>(block >> 32), stream_[0], stream_[1]},
      key_);
}

uint32_t RandomStream::bits() {
  if (pending_used_ == 4) {
    pending_ = next_block();
    pending_used_ = 0;
  }
  return pending_[static_cast<size_t>(pending_used_++)];
}

double RandomStream::uniform() { return unit_interval(bits()); }

at::Tensor RandomStream::normal(at::IntArrayRef shape) {
  at::Tensor out = at::empty(shape, at::kFloat);
  float* values = out.mutable_data_ptr<float>();
  const int64_t count = out.numel();
  for (int64_t i = 0; i < count; i += 4) {
    const std::array<uint32_t, 4> bits = next_block();
    double normals[4];
    for (int pair = 0; pair < 2; ++pair) {
      const double radius = std::sqrt(-2.0 * std::log(unit_interval(bits[2 * pair])));
      const double angle = 2.0 * std::numbers::pi * unit_interval(bits[2 * pair + 1]);
      normals[2 * pair] = radius * std::cos(angle);
      normals[2 * pair + 1] = radius * std::sin(angle);
    }
    for (int64_t j = 0; j < 4 && i + j < count; ++j) values[i + j] = static_cast<float>(normals[j]);
  }
  return out;
}

at::Tensor RandomStream::uniform_tensor(at::IntArrayRef shape, double low, double high) {
  at::Tensor out = at::empty(shape, at::kFloat);
  float* values = out.mutable_data_ptr<float>();
  const int64_t count = out.numel();
  for (int64_t i = 0; i < count; i += 4) {
    const std::array<uint32_t, 4> bits = next_block();
    for (int64_t j = 0; j < 4 && i + j < count; ++j) {
      values[i + j] = static_cast<float>(low + (high - low) * unit_interval(bits[j]));
    }
  }
  return out;
}

}  // namespace cox::engine
