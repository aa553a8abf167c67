#pragma once

#include <cstddef>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "base/status.h"
#include "cli/output/format.h"
#include "record/value.h"

namespace CLI {
class App;
}

namespace cox::cli {

/// The rows and columns from which a person selects.
struct SelectableRows {
  Table shown;                     ///< what is printed when nothing is selected
  std::vector<std::string> keys;   ///< columns of it that name a row: always printed, and first
  std::vector<std::string> names;  ///< further columns, which `value` knows
  /// The value of a further column in a row of `shown`; nothing when the row has none.
  std::function<std::optional<Value>(std::size_t row, const std::string& name)> value;
};

/// --where, --sort, --columns and --limit of a table.
class RowSelection {
 public:
  void declare(CLI::App& app);
  /// A selection by an expression only; "" selects everything.
  static RowSelection where(std::string expression);

  /// Whether any of the options was given.
  bool any() const;
  /// The names of the columns in the options, known or not.
  Result<std::vector<std::string>> wanted() const;

  /// The rows for which `where` holds, in the order of `sort` (rows without a value last, ties as
  /// they were), and of these the first `limit`. Without `columns` the shown ones, and those that
  /// `where` and `sort` name. kInvalidArgument, with the nearest name, for an unknown column, and
  /// for an expression that is not true or false. A row in which a name of `where` has no value is
  /// left out unless the rest decides; `notes` gets a sentence about such rows.
  Result<Table> apply(const SelectableRows& rows, std::vector<std::string>& notes) const;

 private:
  std::string where_;
  std::string sort_;
  std::string columns_;
  std::size_t limit_ = 0;
};

/// A cell of a table as a value of an expression; nothing for NULL.
std::optional<Value> value_of(const Cell& cell);
Cell cell_of(const std::optional<Value>& value);

}  // namespace cox::cli
