#include "engine/text/html_unescape.h"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <iterator>

#include "engine/text/utf8.h"

namespace cox::engine {
namespace {

struct Entity {
  const char* name;
  const char* value;
};
constexpr Entity kEntities[] = {
#include "engine/text/html_entities.def"
};
constexpr std::size_t kLongestName = 32;        // characters that html.unescape reads after '&'
constexpr std::size_t kLongestStrictName = 24;  // and that ftfy reads

std::optional<std::u32string> entity(std::u32string_view name) {
  const std::string key = encode_utf8(name);
  const auto* found = std::lower_bound(
      std::begin(kEntities), std::end(kEntities), key,
      [](const Entity& candidate, const std::string& wanted) { return candidate.name < wanted; });
  if (found == std::end(kEntities) || found->name != key) return std::nullopt;
  return decode_utf8(found->value, "entity");
}

/// 0x80 to 0x9F name Windows-1252 characters, where it has one.
char32_t windows_1252(char32_t code) {
  constexpr char32_t kTable[] = {0x20AC, 0x81,   0x201A, 0x192,  0x201E, 0x2026, 0x2020, 0x2021,
                                 0x2C6,  0x2030, 0x160,  0x2039, 0x152,  0x8D,   0x17D,  0x8F,
                                 0x90,   0x2018, 0x2019, 0x201C, 0x201D, 0x2022, 0x2013, 0x2014,
                                 0x2DC,  0x2122, 0x161,  0x203A, 0x153,  0x9D,   0x17E,  0x178};
  return kTable[code - 0x80];
}

bool is_dropped(char32_t code) {
  const bool control = (code >= 0x1 && code <= 0x8) || code == 0xB ||
                       (code >= 0xE && code <= 0x1F) || (code >= 0x7F && code <= 0x9F);
  const bool noncharacter = (code >= 0xFDD0 && code <= 0xFDEF) || (code & 0xFFFE) == 0xFFFE;
  return control || noncharacter;
}

std::u32string numbered_character(char32_t code) {
  constexpr char32_t kReplacement = 0xFFFD;
  if (code == 0 || code > 0x10FFFF || (code >= 0xD800 && code <= 0xDFFF)) return {kReplacement};
  if (code >= 0x80 && code <= 0x9F) return {windows_1252(code)};
  return is_dropped(code) ? std::u32string() : std::u32string{code};
}

int digit_value(char32_t c, unsigned base) {
  if (c >= U'0' && c <= U'9') return static_cast<int>(c - U'0');
  if (base != 16) return -1;
  if (c >= U'a' && c <= U'f') return static_cast<int>(c - U'a') + 10;
  if (c >= U'A' && c <= U'F') return static_cast<int>(c - U'A') + 10;
  return -1;
}

/// The value of a reference at the start of a string, and how many characters it takes.
struct Resolved {
  std::u32string value;
  std::size_t length = 0;  ///< 0: not a reference
  bool whole = false;      ///< its semicolon ended it
};

/// `text` starts with "&#".
Resolved resolve_number(std::u32string_view text) {
  const bool hex = text.size() > 2 && (text[2] == U'x' || text[2] == U'X');
  const std::size_t begin = hex ? 3 : 2;
  const unsigned base = hex ? 16 : 10;
  constexpr char32_t kTooLarge = 0x110000;
  char32_t code = 0;
  std::size_t at = begin;
  for (int digit = 0; at < text.size() && (digit = digit_value(text[at], base)) >= 0; ++at) {
    code = std::min<std::uint32_t>(kTooLarge, code * base + static_cast<unsigned>(digit));
  }
  if (at == begin) return {};
  const bool whole = at < text.size() && text[at] == U';';
  return {numbered_character(code), at + (whole ? 1 : 0), whole};
}

bool ends_name(char32_t c) {
  return c == U'\t' || c == U'\n' || c == U'\f' || c == U' ' || c == U'<' || c == U'&' ||
         c == U'#' || c == U';';
}

/// `text` starts with "&".
Resolved resolve_name(std::u32string_view text) {
  std::size_t end = 1;
  while (end < text.size() && end <= kLongestName && !ends_name(text[end])) ++end;
  if (end == 1) return {};
  if (end < text.size() && text[end] == U';') {
    if (auto value = entity(text.substr(1, end))) return {*value, end + 1, true};
  }
  for (std::size_t length = end - 1; length >= 2; --length) {
    if (auto value = entity(text.substr(1, length))) return {*value, length + 1, false};
  }
  return {};
}

Resolved resolve(std::u32string_view text) {
  return text.size() > 1 && text[1] == U'#' ? resolve_number(text) : resolve_name(text);
}

template <typename Accept>
std::u32string unescape(std::u32string_view text, const Accept& accept) {
  std::u32string out;
  for (std::size_t at = 0; at < text.size();) {
    const Resolved found = text[at] == U'&' ? resolve(text.substr(at)) : Resolved{};
    if (found.length > 0 && accept(found)) {
      out += found.value;
      at += found.length;
    } else {
      out += text[at++];
    }
  }
  return out;
}

}  // namespace

std::u32string html_unescape(std::u32string_view text) {
  return unescape(text, [](const Resolved&) { return true; });
}

std::u32string html_unescape_strict(std::u32string_view text) {
  return unescape(text, [](const Resolved& found) {
    return found.whole && found.length <= kLongestStrictName + 2;  // '&' and ';'
  });
}

}  // namespace cox::engine
