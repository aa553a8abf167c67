#include "base/text.h"
#include "cli/output/format.h"

namespace cox::cli {

namespace {

std::string field(const std::string& text) {
  if (text.find_first_of(",\"\r\n") == std::string::npos) return text;
  std::string quoted = "\"";
  for (const char c : text) {
    if (c == '"') quoted += '"';
    quoted += c;
  }
  return quoted + '"';
}

std::string field_of(const Cell& cell) {
  struct Printer {
    std::string operator()(std::monostate) const { return ""; }
    std::string operator()(std::int64_t value) const { return std::to_string(value); }
    std::string operator()(double value) const { return exact_decimal(value); }
    std::string operator()(const std::string& value) const {
      return value.empty() ? "\"\"" : field(value);  // an empty string is not NULL
    }
  };
  return std::visit(Printer{}, cell);
}

}  // namespace

void write_csv(std::ostream& out, const Table& table) {
  for (size_t c = 0; c < table.columns.size(); ++c)
    out << (c > 0 ? "," : "") << field(table.columns[c]);
  out << '\n';
  for (const auto& row : table.rows) {
    for (size_t c = 0; c < row.size(); ++c) out << (c > 0 ? "," : "") << field_of(row[c]);
    out << '\n';
  }
}

}  // namespace cox::cli
