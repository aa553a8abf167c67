#pragma once

#include <cstdint>
#include <string>

#include "engine/nn/text_states.h"

namespace cox::engine {

/// A prompt in the form that the backbone accepts, and how many tokens were dropped.
struct EncodedPrompt {
  TextStates text;                  ///< states [1, 1, L, C], mask [1, L]; rows of padding included
  std::int64_t dropped_tokens = 0;  ///< tokens beyond the text length: callers report it
};

/// Tokenizer and text encoders of one model directory. Owned by one thread.
class PromptEncoder {
 public:
  virtual ~PromptEncoder() = default;
  /// "" is a valid prompt.
  virtual EncodedPrompt encode(const std::string& prompt) const = 0;
};

}  // namespace cox::engine
