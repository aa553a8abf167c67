#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace cox::engine {

/// Resolves character references as HTML 5 and Python's `html.unescape` do: named ones, with or
/// without their semicolon, by the longest known name; numeric ones with HTML's corrections.
std::u32string html_unescape(std::u32string_view text);

/// Resolves only whole, unambiguous references: a known name or a number, with its semicolon.
std::u32string html_unescape_strict(std::u32string_view text);

}  // namespace cox::engine
