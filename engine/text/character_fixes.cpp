#include "engine/text/character_fixes.h"

#include <algorithm>
#include <cstddef>
#include <iterator>
#include <string_view>

#include "engine/text/html_unescape.h"
#include "engine/text/utf8.h"

namespace cox::engine {
namespace {

struct CharacterFix {
  char32_t character;
  const char* replacement;
};
constexpr CharacterFix kFixes[] = {
#include "engine/text/character_fixes.def"
};

constexpr char32_t kEscape = 0x1B;

/// Returns the length of a terminal color code (ESC [, digits and semicolons, letter) at the start
/// of `text`; 0 if there is none.
std::size_t terminal_code_length(std::u32string_view text) {
  if (text.size() < 3 || text[0] != kEscape || text[1] != U'[') return 0;
  std::size_t at = 2;
  while (at < text.size() && ((text[at] >= U'0' && text[at] <= U'9') || text[at] == U';')) ++at;
  const bool letter = at < text.size() && ((text[at] >= U'a' && text[at] <= U'z') ||
                                           (text[at] >= U'A' && text[at] <= U'Z'));
  return letter ? at + 1 : 0;
}

/// Applies all repairs once, except entities.
std::u32string replace_characters(std::u32string_view text) {
  std::u32string out;
  for (std::size_t at = 0; at < text.size();) {
    if (const std::size_t code = terminal_code_length(text.substr(at)); code > 0) {
      at += code;
      continue;
    }
    const char32_t c = text[at++];
    if (c == U'\r') {
      if (at == text.size() || text[at] != U'\n') out += U'\n';
      continue;
    }
    const auto* fix = std::lower_bound(std::begin(kFixes), std::end(kFixes), c,
                                       [](const CharacterFix& candidate, char32_t wanted) {
                                         return candidate.character < wanted;
                                       });
    if (fix != std::end(kFixes) && fix->character == c) {
      out += decode_utf8(fix->replacement, "character fix");
    } else {
      out += c;
    }
  }
  return out;
}

/// Repeats the repairs until none applies. Each pass shortens what it changes or maps it to plain
/// characters, so the number of characters bounds the number of passes.
std::u32string fix_line(std::u32string line, bool unescape) {
  for (std::size_t passes = line.size() + 1; passes > 0; --passes) {
    std::u32string next = replace_characters(unescape ? html_unescape_strict(line) : line);
    if (next == line) break;
    line = std::move(next);
  }
  return line;
}

}  // namespace

std::u32string fix_characters(const std::u32string& text) {
  std::u32string out;
  bool unescape = true;
  for (std::size_t begin = 0; begin < text.size();) {
    const std::size_t newline = text.find(U'\n', begin);
    const std::size_t end = newline == std::u32string::npos ? text.size() : newline + 1;
    const std::u32string line = text.substr(begin, end - begin);
    if (line.find(U'<') != std::u32string::npos) unescape = false;
    out += fix_line(line, unescape);
    begin = end;
  }
  return out;
}

}  // namespace cox::engine
