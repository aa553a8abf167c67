#pragma once

#include <string>
#include <vector>

namespace cox {

/// `text` as one word of a shell, in quotes where it needs them.
std::string shell_quoted(const std::string& text);

/// A command line that a shell reads back as `words`.
std::string shell_line(const std::vector<std::string>& words);

}  // namespace cox
