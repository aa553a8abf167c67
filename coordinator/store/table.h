#pragma once

#include <cstdint>
#include <string>
#include <variant>
#include <vector>

namespace cox::store {

/// One value of a row; monostate is SQL's NULL: a value that does not exist.
using Cell = std::variant<std::monostate, std::int64_t, double, std::string>;
using Row = std::vector<Cell>;

/// The answer to a query: named columns over rows of equal length.
struct Table {
  std::vector<std::string> columns;
  std::vector<Row> rows;
};

}  // namespace cox::store
