#pragma once

#include <ATen/core/Tensor.h>

#include <memory>
#include <string>

#include "engine/text/prompt_encoder.h"
#include "engine/text/tokenizer.h"
#include "engine/text/umt5_config.h"

namespace cox::engine {

/// Tokenizer and UMT5 encoder of one model directory. Owned by one thread.
class TextEncoder final : public PromptEncoder {
 public:
  /// Loads `<model>/tokenizer` and `<model>/text_encoder`. Throws EngineError(kUser) for missing
  /// files, a bad config, or missing, extra or misshapen tensors, naming the first ones.
  static std::unique_ptr<TextEncoder> load(const std::string& model_directory, at::ScalarType dtype,
                                           at::Device device);
  ~TextEncoder() override;

  /// Cleans, tokenizes and encodes. "" is a valid prompt: one `</s>` and padding.
  EncodedPrompt encode(const std::string& prompt) const override;

  const Umt5Config& config() const;

 private:
  struct State;
  explicit TextEncoder(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

}  // namespace cox::engine
