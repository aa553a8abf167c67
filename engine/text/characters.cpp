#include "engine/text/characters.h"

#include <algorithm>
#include <iterator>

#include "engine/text/utf8.h"

namespace cox::engine {
namespace {

struct CharacterRange {
  char32_t first;
  char32_t last;
  char kind;
};
constexpr CharacterRange kRanges[] = {
#include "engine/text/character_classes.def"
};

struct LowerCase {
  char32_t from;
  const char* to;
};
constexpr LowerCase kLowerCase[] = {
#include "engine/text/lower_case.def"
};

bool is_of(char32_t c, char kind) {
  const auto range = std::lower_bound(
      std::begin(kRanges), std::end(kRanges), c,
      [](const CharacterRange& one, char32_t wanted) { return one.last < wanted; });
  return range != std::end(kRanges) && c >= range->first && range->kind == kind;
}

void append_lower(char32_t c, std::u32string& out) {
  if (c < 0x80) {
    out += c >= U'A' && c <= U'Z' ? c + (U'a' - U'A') : c;
    return;
  }
  const auto found =
      std::lower_bound(std::begin(kLowerCase), std::end(kLowerCase), c,
                       [](const LowerCase& one, char32_t wanted) { return one.from < wanted; });
  if (found == std::end(kLowerCase) || found->from != c) {
    out += c;
  } else {
    out += decode_utf8(found->to, "lower case");
  }
}

}  // namespace

bool is_letter(char32_t c) { return is_of(c, 'L'); }
bool is_number(char32_t c) { return is_of(c, 'N'); }

std::u32string lower_case_of(const std::u32string& text) {
  constexpr char32_t kSigma = 0x3A3, kFinalSigma = 0x3C2;
  std::u32string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const bool ends = i + 1 == text.size() || !is_letter(text[i + 1]);
    if (text[i] == kSigma && i > 0 && is_letter(text[i - 1]) && ends) {
      out += kFinalSigma;
    } else {
      append_lower(text[i], out);
    }
  }
  return out;
}

}  // namespace cox::engine
