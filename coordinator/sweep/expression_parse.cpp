#include <fmt/format.h>
#include <array>
#include <charconv>
#include <optional>
#include <utility>

#include "base/text.h"
#include "coordinator/sweep/expression.h"

namespace cox::sweep {

namespace {

using Term = Expression::Term;
using Op = Term::Op;

constexpr int kMaxExpressionDepth = 64;

struct Token {
  enum class Kind { kEnd, kNumber, kText, kName, kSymbol };
  Kind kind = Kind::kEnd;
  size_t offset = 0;
  std::string text;
};

struct Binary {
  std::string_view symbol;
  Op op;
};

// From loosest to tightest. Operators of one row associate to the left.
const std::array<std::vector<Binary>, 6> kBinaryRows = {{
    {{"||", Op::kOr}},
    {{"&&", Op::kAnd}},
    {{"==", Op::kEqual}, {"!=", Op::kUnequal}},
    {{"<=", Op::kLessEqual}, {">=", Op::kGreaterEqual}, {"<", Op::kLess}, {">", Op::kGreater}},
    {{"+", Op::kAdd}, {"-", Op::kSubtract}},
    {{"*", Op::kMultiply}, {"/", Op::kDivide}, {"%", Op::kRemainder}},
}};

struct Function {
  std::string_view name;
  Op op;
  size_t min_operands;
  size_t max_operands;
};

constexpr Function kFunctions[] = {
    {"min", Op::kMin, 2, 16},
    {"max", Op::kMax, 2, 16},
    {"floor", Op::kFloor, 1, 1},
    {"ceil", Op::kCeil, 1, 1},
};

bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool starts_name(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_'; }

/// Recursive descent. The first error is kept, and everything after it unwinds.
class ExpressionParser {
 public:
  explicit ExpressionParser(std::string_view text) : text_(text) { advance(); }

  std::variant<Term, ExpressionError> parse(std::map<std::string, size_t>& names) {
    Term root = choice();
    if (token_.kind != Token::Kind::kEnd) fail(token_.offset, "unexpected '" + token_.text + "'");
    if (error_) return *error_;
    names = std::move(names_);
    return root;
  }

 private:
  void fail(size_t offset, std::string message) {
    if (!error_) error_ = ExpressionError{offset, std::move(message)};
    token_ = {Token::Kind::kEnd, text_.size(), ""};
    at_ = text_.size();
  }

  void advance() {
    while (at_ < text_.size() && (text_[at_] == ' ' || text_[at_] == '\n')) ++at_;
    token_ = {Token::Kind::kEnd, at_, ""};
    if (at_ == text_.size()) return;
    const char c = text_[at_];
    if (is_digit(c)) {
      take_number();
    } else if (starts_name(c)) {
      take_while(Token::Kind::kName,
                 [](char x) { return starts_name(x) || is_digit(x) || x == '.'; });
    } else if (c == '\'' || c == '"') {
      take_quoted(c);
    } else {
      take_symbol();
    }
  }

  template <typename Belongs>
  void take_while(Token::Kind kind, Belongs belongs) {
    const size_t start = at_;
    while (at_ < text_.size() && belongs(text_[at_])) ++at_;
    token_ = {kind, start, std::string(text_.substr(start, at_ - start))};
  }

  void take_number() {
    const size_t start = at_;
    double ignored = 0;
    const char* end = text_.data() + text_.size();
    at_ =
        static_cast<size_t>(std::from_chars(text_.data() + start, end, ignored).ptr - text_.data());
    token_ = {Token::Kind::kNumber, start, std::string(text_.substr(start, at_ - start))};
  }

  void take_quoted(char quote) {
    const size_t end = text_.find(quote, at_ + 1);
    if (end == std::string_view::npos) return fail(at_, "this quote is not closed");
    token_ = {Token::Kind::kText, at_, std::string(text_.substr(at_ + 1, end - at_ - 1))};
    at_ = end + 1;
  }

  void take_symbol() {
    for (const std::string_view symbol : {"||", "&&", "==", "!=", "<=", ">="}) {
      if (starts_with(text_.substr(at_), symbol)) return take_symbol(symbol.size());
    }
    if (std::string_view("?:<>+-*/%!(),").find(text_[at_]) != std::string_view::npos) {
      return take_symbol(1);
    }
    fail(at_, fmt::format("unexpected character '{}'{}", text_[at_],
                          text_[at_] == '=' ? "; equality is written ==" : ""));
  }

  void take_symbol(size_t length) {
    token_ = {Token::Kind::kSymbol, at_, std::string(text_.substr(at_, length))};
    at_ += length;
  }

  bool is_symbol(std::string_view symbol) const {
    return token_.kind == Token::Kind::kSymbol && token_.text == symbol;
  }

  bool accept(std::string_view symbol) {
    if (!is_symbol(symbol)) return false;
    advance();
    return true;
  }

  void expect(std::string_view symbol) {
    if (!accept(symbol)) fail(token_.offset, fmt::format("expected '{}', got {}", symbol, got()));
  }

  std::string got() const {
    return token_.kind == Token::Kind::kEnd ? "the end" : "'" + token_.text + "'";
  }

  Term choice() {
    if (++depth_ > kMaxExpressionDepth) fail(token_.offset, "nested too deeply");
    Term condition = binary(0);
    const size_t offset = token_.offset;
    if (accept("?")) {
      Term yes = choice();
      expect(":");
      Term no = choice();
      condition = {
          Op::kChoose, offset, {}, "", {std::move(condition), std::move(yes), std::move(no)}};
    }
    --depth_;
    return condition;
  }

  Term binary(size_t row) {
    if (row == kBinaryRows.size()) return unary();
    Term left = binary(row + 1);
    for (;;) {
      const size_t offset = token_.offset;
      const auto op = accept_operator(row);
      if (!op) return left;
      Term right = binary(row + 1);
      left = {*op, offset, {}, "", {std::move(left), std::move(right)}};
    }
  }

  std::optional<Op> accept_operator(size_t row) {
    for (const Binary& binary : kBinaryRows[row]) {
      if (accept(binary.symbol)) return binary.op;
    }
    return std::nullopt;
  }

  Term unary() {
    const size_t offset = token_.offset;
    const bool negates = is_symbol("-");
    if (!negates && !is_symbol("!")) return primary();
    if (++depth_ > kMaxExpressionDepth) fail(offset, "nested too deeply");
    advance();
    Term term{negates ? Op::kNegate : Op::kNot, offset, {}, "", {unary()}};
    --depth_;
    return term;
  }

  Term primary() {
    const Token token = token_;
    if (accept("(")) {
      Term inner = choice();
      expect(")");
      return inner;
    }
    advance();
    switch (token.kind) {
      case Token::Kind::kNumber:
        return number(token);
      case Token::Kind::kText:
        return {Op::kLiteral, token.offset, token.text, "", {}};
      case Token::Kind::kName:
        return name(token);
      default:
        break;
    }
    fail(token.offset, token.kind == Token::Kind::kEnd
                           ? "expected a value, got the end"
                           : "expected a value, got '" + token.text + "'");
    return {};
  }

  Term number(const Token& token) {
    const char* begin = token.text.data();
    const char* end = begin + token.text.size();
    std::int64_t integer = 0;
    const auto as_integer = std::from_chars(begin, end, integer);
    if (as_integer.ptr == end && as_integer.ec == std::errc()) {
      return {Op::kLiteral, token.offset, integer, "", {}};
    }
    double real = 0;
    if (std::from_chars(begin, end, real).ec != std::errc() ||
        token.text.find_first_of(".eE") == std::string::npos) {
      fail(token.offset, "the number " + token.text + " is out of range");
    }
    return {Op::kLiteral, token.offset, real, "", {}};
  }

  Term name(const Token& token) {
    if (token.text == "true" || token.text == "false") {
      return {Op::kLiteral, token.offset, token.text == "true", "", {}};
    }
    if (is_symbol("(")) return call(token);
    names_.emplace(token.text, token.offset);
    return {Op::kName, token.offset, {}, token.text, {}};
  }

  Term call(const Token& token) {
    for (const Function& function : kFunctions) {
      if (function.name == token.text) return call(token, function);
    }
    fail(token.offset, "unknown function '" + token.text + "'; expected min, max, floor or ceil");
    return {};
  }

  Term call(const Token& token, const Function& function) {
    Term term{function.op, token.offset, {}, "", {}};
    expect("(");
    do {
      term.operands.push_back(choice());
    } while (accept(","));
    expect(")");
    const size_t count = term.operands.size();
    if (count < function.min_operands || count > function.max_operands) {
      fail(token.offset,
           fmt::format("{}: expected {}{} values, got {}", token.text, function.min_operands,
                       function.max_operands > 1 ? " or more" : "", count));
    }
    return term;
  }

  std::string_view text_;
  size_t at_ = 0;
  int depth_ = 0;
  Token token_;
  std::optional<ExpressionError> error_;
  std::map<std::string, size_t> names_;
};

}  // namespace

std::variant<Expression, ExpressionError> Expression::parse(std::string_view text) {
  if (text.size() > kMaxLength) {
    return ExpressionError{0, fmt::format("longer than {} characters", kMaxLength)};
  }
  Expression expression;
  expression.text_ = text;
  auto root = ExpressionParser(expression.text_).parse(expression.names_);
  if (auto* error = std::get_if<ExpressionError>(&root)) return *error;
  expression.root_ = std::move(std::get<Term>(root));
  return expression;
}

}  // namespace cox::sweep
