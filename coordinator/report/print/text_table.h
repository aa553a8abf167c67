#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "coordinator/store/table.h"

namespace cox::report {

/// `text` with `&lt;` where it would begin an HTML tag, which Markdown passes on to the reader.
std::string without_tags(std::string_view text);

/// A table of strings, as Markdown shows it.
struct TextTable {
  std::vector<std::string> columns;
  std::vector<std::vector<std::string>> rows;

  /// Without the columns, the first excepted, that hold "-" in every row.
  TextTable without_empty_columns() const;
  /// Without the column `name` when it holds "-" in every row.
  TextTable without_empty_column(const std::string& name) const;
  /// Whether every cell of a column is a number, an interval, a bound or absent.
  bool is_numeric(std::size_t column) const;
};

/// Formats the table for GitHub, with an empty line after it; columns of numbers are aligned to the
/// right. `|`, tags and control characters in cells are made harmless.
std::string markdown(const TextTable& table);

/// Formats values, with numbers as people read them.
std::string markdown(const store::Table& table);

/// `table` without those of the columns `names` in which every value is NULL.
store::Table without_empty_columns(const store::Table& table,
                                   const std::vector<std::string>& names);

/// `table` as people read it: the columns `video` and `videos`, which programs know by these names,
/// under the word for the items.
store::Table under_item_word(store::Table table, const std::string& item);

}  // namespace cox::report
