#pragma once

#include <cstdint>
#include <string>
#include <variant>
#include <vector>

namespace cox::cli {

/// One value of a result row; monostate is SQL's NULL: a value that does not exist.
using Cell = std::variant<std::monostate, std::int64_t, double, std::string>;

/// What every reading command prints: named columns over rows of equal length.
struct Rows {
  std::vector<std::string> columns;
  std::vector<std::vector<Cell>> cells;
};

}  // namespace cox::cli
