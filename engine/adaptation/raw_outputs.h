#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <functional>
#include <map>
#include <string>

namespace cox::engine {

/// The raw outputs of the pretrained model for the questions of one video. A method that acts on
/// the output only asks the same ones whatever its rate, so that each is answered once. Owned by
/// one thread.
class RawOutputs {
 public:
  /// Bounds the outputs that are kept; one beyond is computed again when it is asked for.
  static constexpr std::int64_t kMaxBytes = std::int64_t{1} << 30;

  struct Answer {
    at::Tensor output;   ///< without a graph
    double seconds = 0;  ///< that computing it took
  };

  /// `content` names everything that the answers follow from besides the question.
  explicit RawOutputs(std::string content, std::int64_t max_bytes = kMaxBytes)
      : content_(std::move(content)), max_bytes_(max_bytes) {}

  const std::string& content() const { return content_; }
  bool holds(const std::string& question) const { return answers_.count(question) != 0; }

  /// Returns the answer, which `compute` gives when it is not here.
  Answer of(const std::string& question, at::Device device,
            const std::function<at::Tensor()>& compute);

 private:
  std::string content_;
  std::int64_t max_bytes_;
  std::int64_t bytes_ = 0;
  std::map<std::string, Answer> answers_;
};

}  // namespace cox::engine
