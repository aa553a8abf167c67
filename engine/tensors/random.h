#pragma once

#include <ATen/core/Tensor.h>

#include <array>
#include <cstdint>
#include <string>

namespace cox::engine {

/// Philox4x32-10 (Salmon et al., SC 2011): 128 random bits for each counter and key.
std::array<uint32_t, 4> philox4x32(std::array<uint32_t, 4> counter, std::array<uint32_t, 2> key);

/// The use of a stream of random numbers. The names enter the stream's key: never reuse one.
enum class Purpose {
  kInit,            ///< start values of trained tensors
  kVae,             ///< posterior samples of the VAE
  kTrainSigma,      ///< noise level of a training step
  kTrainNoise,      ///< noise of a training step
  kEarlyStopNoise,  ///< fixed noise of early-stop checks
  kGeneration,      ///< start noise of sampling
  kRandomModel,     ///< weights of a random model
  kScene,           ///< properties of a procedural scene
  kTrainer,         ///< choices of the model trainer
  kDirection,       ///< a random direction instead of the adapted one
};

/// Everything that a draw depends on. Two streams that differ in any part are independent.
struct StreamKey {
  uint64_t seed = 0;
  uint64_t replicate = 0;
  std::string video_id;
  Purpose purpose = Purpose::kInit;
  uint64_t step = 0;  ///< training step, draw or tensor number, depending on the purpose
};

/// A counter-based stream: draw i depends only on the key and on i, never on what ran before.
/// Normals are computed on the CPU in double precision (Box-Muller) and rounded to fp32, so that
/// every device gets the same numbers. Owned by one thread.
class RandomStream {
 public:
  explicit RandomStream(const StreamKey& key);

  /// In (0, 1), from 32 bits; the midpoints of 2^32 equal cells.
  double uniform();
  double uniform(double low, double high) { return low + (high - low) * uniform(); }
  uint32_t bits();

  /// fp32 on the CPU; consumes whole Philox blocks.
  at::Tensor normal(at::IntArrayRef shape);
  at::Tensor uniform_tensor(at::IntArrayRef shape, double low, double high);

 private:
  std::array<uint32_t, 4> next_block();

  std::array<uint32_t, 2> key_;
  std::array<uint32_t, 2> stream_;  ///< upper half of the counter
  uint64_t block_ = 0;              ///< lower half of the counter
  std::array<uint32_t, 4> pending_{};
  int pending_used_ = 4;
};

}  // namespace cox::engine
