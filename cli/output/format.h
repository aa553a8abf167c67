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

/// kIds prints only the first column, one value a line, for --quiet.
enum class Format { kTable, kCsv, kJson, kJsonLines, kMarkdown, kIds };

/// table, csv, json, jsonl or md.
Result<Format> format_named(const std::string& name);
std::vector<std::string> format_names();

/// The format that JSON output names; `name` is the part before the version, as in `cox-results/1`.
struct JsonSchema {
  std::string name;
  int version = 1;
  std::string text() const { return name + "/" + std::to_string(version); }
};

/// Writes aligned columns, numbers to the right, NULL as `-`. When the terminal is too narrow,
/// gives up in this order, and names hidden columns below the table: columns that are equal in
/// every row are hidden, long strings shortened, seconds and standard errors hidden; then names are
/// shortened as far as they still differ. Numbers are never shortened.
void write_table(std::ostream& out, const Table& table, const Terminal& terminal);

/// Writes RFC 4180 with LF; NULL is an empty field, real numbers read back exactly.
void write_csv(std::ostream& out, const Table& table);

/// Writes `{"format": "...", "columns": [...], "rows": [{column: value}, ...]}`; NULL and
/// non-finite numbers are null, since JSON cannot express the latter.
void write_json(std::ostream& out, const Table& table, const JsonSchema& schema);

/// Writes one object a line, without a header.
void write_json_lines(std::ostream& out, const Table& table);

struct Layout {
  Format format = Format::kTable;
  JsonSchema schema;
  Terminal terminal;
  /// True for formats that people read: programs need columns under the same names every time.
  bool for_people() const { return format == Format::kTable || format == Format::kMarkdown; }
};

void write_rows(std::ostream& out, const Table& table, const Layout& layout);

}  // namespace cox::cli
