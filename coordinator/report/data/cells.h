#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/text.h"
#include "coordinator/report/statistics/summary.h"
#include "coordinator/store/table.h"

namespace cox::report {

// Cells of the tables that people and programs read; NULL is a value that does not exist.

inline store::Cell cell_of(const std::optional<double>& value) {
  return value ? store::Cell(*value) : store::Cell();
}

inline store::Cell cell_of(std::size_t count) { return static_cast<std::int64_t>(count); }

/// "a, b", or NULL without any.
inline store::Cell cell_of(const std::vector<std::string>& names) {
  return names.empty() ? store::Cell() : store::Cell(join(names, ", "));
}

inline store::Cell low_cell(const std::optional<Interval>& interval) {
  return interval ? store::Cell(interval->low) : store::Cell();
}

inline store::Cell high_cell(const std::optional<Interval>& interval) {
  return interval ? store::Cell(interval->high) : store::Cell();
}

}  // namespace cox::report
