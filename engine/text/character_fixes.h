#pragma once

#include <string>

namespace cox::engine {

/// Applies the character repairs of ftfy's fix_text that do not require guessing: C1 controls read
/// as Windows-1252, Latin ligatures split, full-width and half-width forms made plain, curly quotes
/// straightened, line ends made "\n", terminal color codes and control characters removed; whole
/// HTML entities resolved in lines up to the first that contains '<'.
std::u32string fix_characters(const std::u32string& text);

}  // namespace cox::engine
