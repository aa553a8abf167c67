#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/status.h"

namespace cox::dataset {

/// Reads RFC 4180 records: fields may be quoted, and then hold commas, line breaks and doubled
/// quotes. Owned by one thread; `text` must outlive it.
class CsvReader {
 public:
  CsvReader(std::string_view text, std::string origin) : text_(text), origin_(std::move(origin)) {}

  /// The next record, or nothing at the end. Empty lines are skipped.
  Result<std::optional<std::vector<std::string>>> next();

  /// The line on which the last record began, from 1.
  int line() const { return record_line_; }

 private:
  Result<std::string> field();
  Result<std::string> quoted_field();
  bool at_end_of_line() const;
  void skip_end_of_line();

  std::string_view text_;
  std::string origin_;
  std::size_t at_ = 0;
  int line_ = 1;
  int record_line_ = 1;
};

}  // namespace cox::dataset
