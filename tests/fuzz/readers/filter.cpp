#include "cli/row_selection.h"
#include "tests/fuzz/readers/scratch.h"

namespace cox::fuzz {

/// --where over a table.
Reader filter_reader() {
  cli::SelectableRows rows;
  rows.shown = {{"run", "psnr", "jobs"},
                {{"a", 23.5, std::int64_t{3}},
                 {"b", std::monostate(), std::int64_t{0}},
                 {"c", -1e300, INT64_MIN}}};
  rows.keys = {"run"};
  rows.names = {"lr", "method"};
  rows.value = [](std::size_t row, const std::string& name) -> std::optional<Value> {
    if (row == 1) return std::nullopt;
    return name == "lr" ? Value(1e-4) : Value("lora");
  };
  return {
      "filter",
      {"run", "psnr", "jobs", "lr",  "method", " == ", " != ", " < ",  " && ", " || ", "!", "'a'",
       "(",   ")",    " + ",  " - ", " * ",    " / ",  " % ",  "min(", " ? ",  " : ",  "1", "0.5"},
      [rows](const std::string& input) {
        std::vector<std::string> notes;
        const auto table = cli::RowSelection::where(input).apply(rows, notes);
        require_told(table.status());
        require(!table.is_ok() || table->rows.size() <= rows.shown.rows.size(), "rows were added");
      }};
}

}  // namespace cox::fuzz
