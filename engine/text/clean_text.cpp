#include "engine/text/clean_text.h"

#include "engine/text/character_fixes.h"
#include "engine/text/html_unescape.h"
#include "engine/text/utf8.h"

namespace cox::engine {
namespace {

/// Python's white space.
bool is_space(char32_t c) {
  return (c >= 0x09 && c <= 0x0D) || (c >= 0x1C && c <= 0x20) || c == 0x85 || c == 0xA0 ||
         c == 0x1680 || (c >= 0x2000 && c <= 0x200A) || c == 0x2028 || c == 0x2029 || c == 0x202F ||
         c == 0x205F || c == 0x3000;
}

/// Replaces runs of white space by one blank and trims both ends.
std::u32string collapse_spaces(const std::u32string& text) {
  std::u32string out;
  bool gap = false;
  for (const char32_t c : text) {
    if (is_space(c)) {
      gap = !out.empty();
      continue;
    }
    if (gap) out += U' ';
    gap = false;
    out += c;
  }
  return out;
}

}  // namespace

std::string clean_text(std::string_view text) {
  std::u32string cleaned = fix_characters(decode_utf8(text, "prompt"));
  cleaned = html_unescape(html_unescape(cleaned));
  return encode_utf8(collapse_spaces(cleaned));
}

}  // namespace cox::engine
