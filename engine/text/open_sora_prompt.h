#pragma once

#include <memory>
#include <string>

#include "engine/text/clip_text_encoder.h"
#include "engine/text/clip_tokenizer.h"
#include "engine/text/prompt_encoder.h"
#include "engine/text/t5_text_encoder.h"

namespace cox::engine {

/// The two text encoders of Open-Sora v2.0: T5's states, and CLIP's pooled state.
class OpenSoraPrompt final : public PromptEncoder {
 public:
  /// Loads text_encoder/, tokenizer/, text_encoder_2/ and tokenizer_2/ of a model directory. T5's
  /// prompts have `length` tokens. Throws EngineError(kUser) as the parts do.
  static std::unique_ptr<OpenSoraPrompt> load(const std::string& model_directory,
                                              std::int64_t length, at::ScalarType dtype,
                                              at::Device device);

  /// dropped_tokens counts T5's; CLIP's shorter limit, as published, is not reported.
  EncodedPrompt encode(const std::string& prompt) const override;

 private:
  OpenSoraPrompt(std::unique_ptr<T5TextEncoder> t5, std::unique_ptr<ClipTokenizer> clip_tokenizer,
                 std::unique_ptr<ClipTextEncoder> clip)
      : t5_(std::move(t5)), clip_tokenizer_(std::move(clip_tokenizer)), clip_(std::move(clip)) {}

  std::unique_ptr<T5TextEncoder> t5_;
  std::unique_ptr<ClipTokenizer> clip_tokenizer_;
  std::unique_ptr<ClipTextEncoder> clip_;
};

}  // namespace cox::engine
