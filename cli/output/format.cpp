#include "cli/output/format.h"

#include <utility>

#include "base/text.h"
#include "cli/output/number.h"

namespace cox::cli {

namespace {

const std::vector<std::pair<std::string, Format>>& named_formats() {
  static const std::vector<std::pair<std::string, Format>> kFormats = {
      {"table", Format::kTable},     {"csv", Format::kCsv},     {"json", Format::kJson},
      {"jsonl", Format::kJsonLines}, {"md", Format::kMarkdown},
  };
  return kFormats;
}

void write_ids(std::ostream& out, const Rows& rows) {
  for (const auto& row : rows.cells)
    out << readable_cell(rows.columns.front(), row.front()) << '\n';
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
      concat("--format ", name, ": expected one of ", join(format_names(), ", ")));
}

void write_rows(std::ostream& out, const Rows& rows, const Layout& layout) {
  switch (layout.format) {
    case Format::kTable:
      return write_table(out, rows, layout.terminal);
    case Format::kCsv:
      return write_csv(out, rows);
    case Format::kJson:
      return write_json(out, rows, layout.schema);
    case Format::kJsonLines:
      return write_json_lines(out, rows);
    case Format::kMarkdown:
      return write_markdown(out, rows);
    case Format::kIds:
      return write_ids(out, rows);
  }
}

}  // namespace cox::cli
