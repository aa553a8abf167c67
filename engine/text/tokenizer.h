#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

namespace cox::engine {

/// Token ids of one prompt, padded to the model's text length.
struct TokenizedText {
  std::vector<std::int64_t> ids;    ///< tokens, `</s>`, then padding
  std::vector<std::int64_t> mask;   ///< 1 for tokens and `</s>`, 0 for padding
  std::int64_t dropped_tokens = 0;  ///< tokens that did not fit and were cut before `</s>`
};

/// The length to which the published pipelines of UMT5 pad every prompt.
inline constexpr std::int64_t kPromptTokens = 512;

/// The SentencePiece tokenizer of a UMT5 or T5 text encoder. Immutable; thread-safe.
class Tokenizer {
 public:
  /// Reads `<directory>/spiece.model` and `<directory>/tokenizer_config.json`. Prompts are padded
  /// to kPromptTokens, or to `model_max_length` if that is smaller.
  /// Throws EngineError(kUser) for a missing or damaged file; the message names the problem if the
  /// directory holds only tokenizer.json.
  static std::unique_ptr<Tokenizer> load(const std::string& directory);
  /// Pads to `length` tokens, regardless of the configuration.
  static std::unique_ptr<Tokenizer> load(const std::string& directory, std::int64_t length);
  ~Tokenizer();

  /// `text` must be clean (see clean_text).
  TokenizedText tokenize(const std::string& text) const;

  std::int64_t max_length() const;
  std::int64_t vocabulary_size() const;

 private:
  struct State;
  explicit Tokenizer(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

}  // namespace cox::engine
