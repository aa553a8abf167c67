#pragma once

#include <ATen/core/Tensor.h>

#include <cstddef>
#include <vector>

namespace cox::engine {

/// The frames that a network's temporal layers keep between the chunks of one video: one slot each,
/// undefined until its layer has seen a chunk.
class FeatureCache {
 public:
  explicit FeatureCache(std::size_t slots) : slots_(slots) {}

  at::Tensor& slot(std::size_t index) { return slots_.at(index); }
  bool in_first_chunk() const { return chunk_ == 0; }
  void next_chunk() { ++chunk_; }

 private:
  std::vector<at::Tensor> slots_;
  int chunk_ = 0;
};

/// Numbers the slots of temporal layers while a network is built.
class SlotCounter {
 public:
  std::size_t next() { return count_++; }
  std::size_t count() const { return count_; }

 private:
  std::size_t count_ = 0;
};

}  // namespace cox::engine
