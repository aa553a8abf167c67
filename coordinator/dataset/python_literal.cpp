#include "coordinator/dataset/python_literal.h"

#include <fmt/format.h>

#include <charconv>
#include <cmath>
#include <cstdint>

namespace cox::dataset {

namespace {

constexpr int kMaxDepth = 16;

void append_utf8(std::uint32_t code, std::string& out) {
  if (code < 0x80) {
    out += static_cast<char>(code);
    return;
  }
  const int more = code < 0x800 ? 1 : code < 0x10000 ? 2 : 3;
  constexpr unsigned kLead[] = {0, 0xC0, 0xE0, 0xF0};
  out += static_cast<char>(kLead[more] | (code >> (6 * more)));
  for (int i = more - 1; i >= 0; --i) out += static_cast<char>(0x80 | ((code >> (6 * i)) & 0x3F));
}

class Parser {
 public:
  explicit Parser(std::string_view text) : text_(text) {}

  Result<PythonValue> whole() {
    COX_ASSIGN_OR_RETURN(PythonValue value, parse(0));
    skip_blanks();
    if (at_ != text_.size()) return error("unexpected characters after the value");
    return value;
  }

 private:
  Status error(const std::string& what) const {
    return invalid_argument(fmt::format("character {}: {}", at_ + 1, what));
  }

  void skip_blanks() {
    while (at_ < text_.size() &&
           (text_[at_] == ' ' || text_[at_] == '\n' || text_[at_] == '\r' || text_[at_] == '\t')) {
      ++at_;
    }
  }

  bool take(char wanted) {
    skip_blanks();
    if (at_ == text_.size() || text_[at_] != wanted) return false;
    ++at_;
    return true;
  }

  Result<PythonValue> parse(int depth) {
    if (depth > kMaxDepth) return error("lists are nested too deeply");
    if (take('[')) return list(']', depth);
    if (take('(')) return list(')', depth);
    if (take('\'')) return string('\'');
    if (take('"')) return string('"');
    return word();
  }

  Result<PythonValue> list(char closing, int depth) {
    PythonValue::List values;
    while (!take(closing)) {
      if (!values.empty() && !take(',')) return error(fmt::format("expected ',' or '{}'", closing));
      if (take(closing)) break;  // after a last comma
      COX_ASSIGN_OR_RETURN(PythonValue value, parse(depth + 1));
      values.push_back(std::move(value));
    }
    return PythonValue{std::move(values)};
  }

  Result<PythonValue> string(char quote) {
    std::string value;
    while (at_ < text_.size()) {
      const char c = text_[at_++];
      if (c == quote) return PythonValue{std::move(value)};
      if (c != '\\') {
        value += c;
        continue;
      }
      COX_RETURN_IF_ERROR(escape(value));
    }
    return error("a string has no closing quote");
  }

  Status escape(std::string& value) {
    if (at_ == text_.size()) return error("a string has no closing quote");
    const char c = text_[at_++];
    switch (c) {
      case 'n':
        value += '\n';
        return Status::ok();
      case 't':
        value += '\t';
        return Status::ok();
      case 'r':
        value += '\r';
        return Status::ok();
      case '\\':
      case '\'':
      case '"':
        value += c;
        return Status::ok();
      case 'x':
        return code_point(2, value);
      case 'u':
        return code_point(4, value);
      case 'U':
        return code_point(8, value);
      default:
        return error(fmt::format("unknown escape \\{}", c));
    }
  }

  Status code_point(std::size_t digits, std::string& value) {
    const std::string_view hex = text_.substr(at_, digits);
    std::uint32_t code = 0;
    const auto [end, failed] = std::from_chars(hex.data(), hex.data() + hex.size(), code, 16);
    if (hex.size() != digits || failed != std::errc() || end != hex.data() + digits ||
        code > 0x10FFFF) {
      return error(fmt::format("expected {} hexadecimal digits", digits));
    }
    at_ += digits;
    append_utf8(code, value);
    return Status::ok();
  }

  Result<PythonValue> word() {
    skip_blanks();
    const std::size_t end = std::min(text_.find_first_of(" ,])\n\t\r", at_), text_.size());
    const std::string_view name = text_.substr(at_, end - at_);
    if (name == "None") {
      at_ = end;
      return PythonValue{};
    }
    double number = 0;
    const auto [stop, failed] = std::from_chars(name.data(), name.data() + name.size(), number);
    if (name.empty() || failed != std::errc() || stop != name.data() + name.size()) {
      return error(fmt::format("expected a list, a string, a number or None, got `{}`", name));
    }
    at_ = end;
    return PythonValue{number};
  }

  std::string_view text_;
  std::size_t at_ = 0;
};

}  // namespace

Result<PythonValue> parse_python_literal(std::string_view text) { return Parser(text).whole(); }

}  // namespace cox::dataset
