#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <deque>
#include <memory>
#include <string>
#include <utility>

namespace cox::engine {

/// The decoded frames of one generation, and their cost.
struct Generation {
  at::Tensor frames;  ///< [F, 3, H, W] fp32 in [0, 1], in host memory
  double generate_s = 0;
  double decoding_s = 0;
  std::int64_t peak_memory_bytes = 0;
  std::string job;  ///< the job that computed it
};

/// Caches the most recently used generations of one video, up to kMaxBytes of frames. Owned by one
/// thread.
class GenerationCache {
 public:
  static constexpr std::size_t kMaxBytes = std::size_t{1} << 30;

  /// Returns nullptr if it is not cached.
  std::shared_ptr<const Generation> find(const std::string& name);
  void add(const std::string& name, Generation generation);
  void clear();

 private:
  using Entry = std::pair<std::string, std::shared_ptr<const Generation>>;
  std::deque<Entry> entries_;  ///< the most recently used is last
  std::size_t bytes_ = 0;
};

}  // namespace cox::engine
