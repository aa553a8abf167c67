#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <functional>
#include <map>
#include <string>

namespace cox::engine {

/// Caches raw outputs of the pretrained model for one video. A method that changes only the output
/// needs the same passes whatever its rate, so each pass is computed once. Owned by one thread.
class RawOutputs {
 public:
  /// Bounds the outputs that are kept; an output beyond it is computed again when it is needed.
  static constexpr std::int64_t kMaxBytes = std::int64_t{1} << 30;

  struct Answer {
    at::Tensor output;   ///< without a graph
    double seconds = 0;  ///< time to compute it
  };

  /// `content` names everything, except the question, that determines the outputs.
  explicit RawOutputs(std::string content, std::int64_t max_bytes = kMaxBytes)
      : content_(std::move(content)), max_bytes_(max_bytes) {}

  const std::string& content() const { return content_; }
  bool holds(const std::string& question) const { return answers_.count(question) != 0; }

  /// Returns the cached output, or calls `compute` for it.
  Answer of(const std::string& question, at::Device device,
            const std::function<at::Tensor()>& compute);

 private:
  std::string content_;
  std::int64_t max_bytes_;
  std::int64_t bytes_ = 0;
  std::map<std::string, Answer> answers_;
};

}  // namespace cox::engine
