#pragma once

#include <string>

namespace cox::engine {

/// Unicode categories L and N.
bool is_letter(char32_t c);
bool is_number(char32_t c);

/// Python's str.lower(): full mappings, and the final form of sigma at the end of a word.
std::u32string lower_case_of(const std::u32string& text);

}  // namespace cox::engine
