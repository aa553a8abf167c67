#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "engine/text/prompt_encoder.h"
#include "engine/text/t5_encoder.h"
#include "engine/text/tokenizer.h"

namespace cox::engine {

/// Tokenizer and T5 encoder of one model directory. The text is not cleaned, and padding is
/// attended to, as in CogVideoX and Open-Sora; the mask of the states is undefined.
class T5TextEncoder final : public PromptEncoder {
 public:
  /// Loads `<model>/tokenizer` and `<model>/text_encoder`. Prompts are padded to `length` tokens.
  /// Throws EngineError(kUser) as TextEncoder::load does.
  static std::unique_ptr<T5TextEncoder> load(const std::string& model_directory,
                                             std::int64_t length, at::ScalarType dtype,
                                             at::Device device);

  EncodedPrompt encode(const std::string& prompt) const override;
  const Umt5Config& config() const { return encoder_->config(); }

 private:
  T5TextEncoder(std::unique_ptr<Tokenizer> tokenizer, std::unique_ptr<T5Encoder> encoder)
      : tokenizer_(std::move(tokenizer)), encoder_(std::move(encoder)) {}

  std::unique_ptr<Tokenizer> tokenizer_;
  std::unique_ptr<T5Encoder> encoder_;
};

}  // namespace cox::engine
