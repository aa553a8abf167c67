#include "coordinator/dataset/csv.h"

#include <fmt/format.h>

namespace cox::dataset {

bool CsvReader::at_end_of_line() const {
  return at_ == text_.size() || text_[at_] == '\n' || text_.substr(at_, 2) == "\r\n";
}

void CsvReader::skip_end_of_line() {
  if (at_ == text_.size()) return;
  at_ += text_[at_] == '\r' ? 2 : 1;
  ++line_;
}

Result<std::optional<std::vector<std::string>>> CsvReader::next() {
  while (at_ < text_.size() && at_end_of_line()) skip_end_of_line();
  if (at_ == text_.size()) return std::optional<std::vector<std::string>>();

  record_line_ = line_;
  std::vector<std::string> record;
  while (true) {  // ends: each turn consumes a field of a finite text
    COX_ASSIGN_OR_RETURN(std::string value, field());
    record.push_back(std::move(value));
    if (at_end_of_line()) break;
    ++at_;  // the comma
  }
  skip_end_of_line();
  return std::optional(std::move(record));
}

Result<std::string> CsvReader::field() {
  if (at_ < text_.size() && text_[at_] == '"') return quoted_field();
  const std::size_t start = at_;
  while (!at_end_of_line() && text_[at_] != ',') ++at_;
  return std::string(text_.substr(start, at_ - start));
}

Result<std::string> CsvReader::quoted_field() {
  std::string value;
  ++at_;
  while (at_ < text_.size()) {
    const char c = text_[at_++];
    line_ += c == '\n' ? 1 : 0;
    if (c != '"') {
      value += c;
    } else if (at_ < text_.size() && text_[at_] == '"') {
      value += text_[at_++];
    } else if (at_end_of_line() || text_[at_] == ',') {
      return value;
    } else {
      return invalid_argument(fmt::format(
          "{}:{}: expected a comma or the end of the line after a closing quote, got '{}'", origin_,
          line_, text_.substr(at_, 1)));
    }
  }
  return invalid_argument(fmt::format("{}:{}: a quoted field of this record has no closing quote",
                                      origin_, record_line_));
}

}  // namespace cox::dataset
