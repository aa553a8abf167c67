#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <deque>
#include <memory>
#include <string>
#include <utility>

namespace cox::engine {

/// The decoded frames of one generation, and what they cost.
struct Generation {
  at::Tensor frames;  ///< [F, 3, H, W] fp32 in [0, 1], in host memory
  double generate_s = 0;
  double decoding_s = 0;
  std::int64_t peak_memory_bytes = 0;
  std::string job;  ///< that computed it
};

/// The generations of one video that were used last, up to kMaxBytes of frames. Owned by one
/// thread.
class GenerationCache {
 public:
  static constexpr std::size_t kMaxBytes = std::size_t{1} << 30;

  /// Returns nullptr when it is not here.
  std::shared_ptr<const Generation> find(const std::string& name);
  void add(const std::string& name, Generation generation);
  void clear();

 private:
  using Entry = std::pair<std::string, std::shared_ptr<const Generation>>;
  std::deque<Entry> entries_;  ///< the one used last is at the end
  std::size_t bytes_ = 0;
};

}  // namespace cox::engine
