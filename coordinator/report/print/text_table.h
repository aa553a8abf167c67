#pragma once

#include <string>
#include <vector>

namespace cox::report {

/// A table of texts, as Markdown shows it.
struct TextTable {
  std::vector<std::string> columns;
  std::vector<std::vector<std::string>> rows;

  /// Without the columns, the first excepted, that hold "-" in every row.
  TextTable without_empty_columns() const;
};

/// GitHub's form, with an empty line after it; columns of numbers are aligned to the right. `|` and
/// line breaks in cells are made harmless.
std::string markdown(const TextTable& table);

}  // namespace cox::report
