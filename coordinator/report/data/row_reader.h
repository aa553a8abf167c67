#pragma once

#include <fmt/format.h>

#include <cstdint>
#include <limits>
#include <string>
#include <string_view>

#include "base/status.h"
#include "base/text.h"
#include "coordinator/store/table.h"
#include "record/limits.h"

namespace cox::report {

/// Cells of one row by the names of their columns. NULL reads as "", 0 or NaN. A column that the
/// query does not have is a programming error. Quick where columns are read in the order of the
/// query. Borrows the table.
class RowReader {
 public:
  RowReader(const store::Table& table, std::size_t row) : table_(table), row_(table.rows[row]) {}

  bool is_null(std::string_view column) const {
    return std::holds_alternative<std::monostate>(cell(column));
  }
  std::string text(std::string_view column) const {
    const auto* value = std::get_if<std::string>(&cell(column));
    return value == nullptr ? "" : *value;
  }
  std::int64_t integer(std::string_view column) const {
    const auto* value = std::get_if<std::int64_t>(&cell(column));
    return value == nullptr ? 0 : *value;
  }
  double real(std::string_view column) const {
    const auto* value = std::get_if<double>(&cell(column));
    return value == nullptr ? std::numeric_limits<double>::quiet_NaN() : *value;
  }

  const store::Cell& cell(std::string_view column) const {
    const std::size_t count = table_.columns.size();
    for (std::size_t tried = 0; tried < count; ++tried) {
      const std::size_t c = next_;
      next_ = c + 1 < count ? c + 1 : 0;
      if (table_.columns[c] == column) return row_[c];
    }
    COX_CHECK(false, fmt::format("the query has no column '{}'", column));
    return row_[0];
  }

 private:
  const store::Table& table_;
  const store::Row& row_;
  mutable std::size_t next_ = 0;  ///< the column after the last that was read
};

/// The columns gpus, gpu_memory_bytes and memory_bytes, each behind `prefix`.
inline Resources resources_of(const RowReader& row, const std::string& prefix) {
  return {static_cast<std::uint32_t>(row.integer(prefix + "gpus")),
          row.integer(prefix + "gpu_memory_bytes"), row.integer(prefix + "memory_bytes")};
}

}  // namespace cox::report
