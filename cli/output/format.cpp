#include "cli/output/format.h"

#include <fmt/format.h>

#include <utility>

#include "base/text.h"
#include "coordinator/report/print/number.h"
#include "coordinator/report/print/text_table.h"

namespace cox::cli {

namespace {

const std::vector<std::pair<std::string, Format>>& named_formats() {
  static const std::vector<std::pair<std::string, Format>> kFormats = {
      {"table", Format::kTable},     {"csv", Format::kCsv},     {"json", Format::kJson},
      {"jsonl", Format::kJsonLines}, {"md", Format::kMarkdown},
  };
  return kFormats;
}

/// Writes it without the empty line that ends a table on a page.
void write_markdown(std::ostream& out, const Table& table) {
  std::string text = report::markdown(table);
  text.pop_back();
  out << text;
}

void write_ids(std::ostream& out, const Table& table) {
  for (const auto& row : table.rows)
    out << report::readable_cell(table.columns.front(), row.front()) << '\n';
}

}  // namespace

std::vector<std::string> format_names() {
  std::vector<std::string> names;
  for (const auto& [name, format] : named_formats()) names.push_back(name);
  return names;
}

Result<Format> format_named(const std::string& name) {
  for (const auto& [known, format] : named_formats()) {
    if (known == name) return format;
  }
  return invalid_argument(
      fmt::format("--format {}: expected one of {}", name, join(format_names(), ", ")));
}

void write_rows(std::ostream& out, const Table& table, const Layout& layout) {
  switch (layout.format) {
    case Format::kTable:
      return write_table(out, table, layout.terminal);
    case Format::kCsv:
      return write_csv(out, table);
    case Format::kJson:
      return write_json(out, table, layout.schema);
    case Format::kJsonLines:
      return write_json_lines(out, table);
    case Format::kMarkdown:
      return write_markdown(out, table);
    case Format::kIds:
      return write_ids(out, table);
  }
}

}  // namespace cox::cli
