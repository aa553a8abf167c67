#include "coordinator/sweep/name_template.h"

#include <fmt/format.h>
#include <cctype>
#include <string_view>
#include <vector>

#include "base/text.h"
#include "coordinator/sweep/read_value.h"

namespace cox::sweep {

namespace {

bool continues(char c) { return (static_cast<unsigned char>(c) & 0xC0U) == 0x80U; }

/// Returns the whole character whose first byte is at `at`.
std::string_view character_at(std::string_view text, size_t at) {
  size_t end = at + 1;
  while (end < text.size() && continues(text[end])) ++end;
  return text.substr(at, end - at);
}

/// Replaces control characters by `\x0a` and the like, so that a message stays on its line.
std::string visible(std::string_view text) {
  constexpr std::string_view kDigits = "0123456789abcdef";
  std::string shown;
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte >= 0x20 && byte != 0x7F) {
      shown += c;
    } else {
      shown += fmt::format("\\x{}{}", kDigits[byte / 16], kDigits[byte % 16]);
    }
  }
  return shown;
}

/// Returns a name for a message: only the beginning of one that is far too long.
std::string shortened(std::string_view name) {
  constexpr size_t kMaxShown = 60;
  if (name.size() <= kMaxShown) return visible(name);
  size_t end = kMaxShown;
  while (continues(name[end])) --end;
  return visible(name.substr(0, end)) + "...";
}

}  // namespace

std::string name_part(const Value& value) {
  const auto* list = value.get_if<Value::List>();
  if (list == nullptr) return shown(value);
  std::vector<std::string> parts;
  for (const Value& item : *list) parts.push_back(shown(item));
  return join(parts, "+");
}

std::optional<std::string> fill_template(
    const std::string& text, const Position& at,
    const std::function<std::optional<Value>(const std::string&)>& lookup,
    Diagnostics& diagnostics) {
  std::string filled;
  size_t start = 0;
  while (start < text.size()) {
    const size_t brace = text.find_first_of("{}", start);
    filled += text.substr(start, brace - start);
    if (brace == std::string::npos) return filled;
    const size_t end = text.find('}', brace);
    if (text[brace] == '}' || end == std::string::npos) {
      diagnostics.error(at, fmt::format("name: unmatched '{}' in '{}'", text[brace], text));
      return std::nullopt;
    }
    const std::string name = text.substr(brace + 1, end - brace - 1);
    const auto value = lookup(name);
    if (!value) {
      diagnostics.error(at, "name: {" + name + "} has no value in every run",
                        "allowed: index, id, method, a parameter, a name under derive");
      return std::nullopt;
    }
    filled += name_part(*value);
    start = end + 1;
  }
  return filled;
}

std::string name_error(const std::string& what, const std::string& name) {
  if (name.empty()) return fmt::format("the name of a {} is empty", what);
  constexpr std::string_view kMarks = "._+=,:-";
  for (size_t i = 0; i < name.size(); ++i) {
    const auto byte = static_cast<unsigned char>(name[i]);
    const bool is_mark = i > 0 && kMarks.find(name[i]) != std::string_view::npos;
    if (byte < 0x80 && (std::isalnum(byte) != 0 || is_mark)) continue;
    return fmt::format(
        "'{}' cannot name a {} because of '{}': letters, digits and . _ + = , : - are allowed, the "
        "first a letter or digit",
        shortened(name), what, visible(character_at(name, i)));
  }
  constexpr size_t kMaxLength = 120;
  if (name.size() <= kMaxLength) return "";
  return fmt::format("'{}' cannot name a {}: it has {} characters, more than {}", shortened(name),
                     what, name.size(), kMaxLength);
}

}  // namespace cox::sweep
