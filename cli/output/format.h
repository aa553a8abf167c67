#pragma once

#include <ostream>
#include <string>
#include <vector>

#include "base/status.h"
#include "cli/output/terminal.h"
#include "coordinator/store/table.h"

namespace cox::cli {

using store::Cell;
using store::Row;
using store::Table;

/// kIds prints the first column alone, one value a line: what --quiet asks for.
enum class Format { kTable, kCsv, kJson, kJsonLines, kMarkdown, kIds };

/// table, csv, json, jsonl or md.
Result<Format> format_named(const std::string& name);
std::vector<std::string> format_names();

/// What JSON output says it is; `name` is the part before the version, as in `cox-results/1`.
struct JsonSchema {
  std::string name;
  int version = 1;
  std::string text() const { return name + "/" + std::to_string(version); }
};

/// Aligned columns, numbers to the right, NULL as `-`. When the terminal is too narrow, these go in
/// this order and are named below the table: columns that are equal in every row, long texts
/// (shortened), seconds, standard errors; then names are shortened as long as they differ. Numbers
/// never are.
void write_table(std::ostream& out, const Table& table, const Terminal& terminal);

/// RFC 4180 with LF; NULL is an empty field, reals read back exactly.
void write_csv(std::ostream& out, const Table& table);

/// `{"format": "...", "columns": [...], "rows": [{column: value}, ...]}`; NULL and non-finite
/// numbers are null, since JSON has no word for the latter.
void write_json(std::ostream& out, const Table& table, const JsonSchema& schema);

/// One object a line, without a header.
void write_json_lines(std::ostream& out, const Table& table);

struct Layout {
  Format format = Format::kTable;
  JsonSchema schema;
  Terminal terminal;
};

void write_rows(std::ostream& out, const Table& table, const Layout& layout);

}  // namespace cox::cli
