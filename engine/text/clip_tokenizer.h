#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

namespace cox::engine {

/// The tokenizer of CLIP's text tower: byte pairs over words. Source: Radford et al. (arXiv
/// 2103.00020), clip/simple_tokenizer.py of openai/CLIP; the files are those of
/// huggingface/transformers. Immutable; thread-safe.
class ClipTokenizer {
 public:
  /// Reads `<directory>/vocab.json` and `<directory>/merges.txt`. Prompts become `length` ids.
  /// Throws EngineError(kUser) for a missing or damaged file.
  static std::unique_ptr<ClipTokenizer> load(const std::string& directory, std::int64_t length);

  /// Loads from the contents of the two files; messages name the files with the prefix `origin`.
  static std::unique_ptr<ClipTokenizer> parse(const std::string& origin,
                                              const std::string& vocabulary,
                                              const std::string& merges, std::int64_t length);
  ~ClipTokenizer();

  struct Tokens {
    std::vector<std::int64_t> ids;    ///< <|startoftext|>, tokens, <|endoftext|> to the end
    std::int64_t dropped_tokens = 0;  ///< tokens that did not fit
  };

  /// `text` must be clean (see clean_text); case does not matter.
  Tokens tokenize(const std::string& text) const;

  std::int64_t vocabulary_size() const;
  std::int64_t end_token() const;

 private:
  struct State;
  explicit ClipTokenizer(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

/// Returns the words into which CLIP's tokenizer splits a string, in lower case: endings such as
/// 's, runs of letters, single digits, runs of other characters; white space separates words.
std::vector<std::string> clip_words(const std::string& text);

/// Returns the character that represents a byte in vocab.json, as UTF-8.
std::string clip_byte_symbol(unsigned char byte);

}  // namespace cox::engine
