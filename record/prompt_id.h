#pragma once

#include <cctype>
#include <string>

#include "base/digest.h"

namespace cox {

/// Returns the id of a prompt's item, such as `a-cat-on-a-mat-1a2b3c4d`: words of the prompt and
/// the start of its digest. A prompt has the same id, and therefore the same noise, in every list.
inline std::string prompt_id(const std::string& prompt) {
  constexpr std::size_t kMaxWordBytes = 48, kDigestCharacters = 8;
  std::string words;
  for (const char c : prompt) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte < 0x80 && std::isalnum(byte) != 0) {
      words += static_cast<char>(std::tolower(byte));
    } else if (!words.empty() && words.back() != '-') {
      words += '-';
    }
    if (words.size() == kMaxWordBytes) break;
  }
  if (words.empty() || words.back() != '-') words += '-';
  return words + sha256_of(prompt).substr(0, kDigestCharacters);
}

}  // namespace cox
