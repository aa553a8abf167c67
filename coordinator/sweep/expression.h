#pragma once

#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "record/value.h"

namespace cox::sweep {

/// An error in an expression, and the byte where it is.
struct ExpressionError {
  size_t offset = 0;
  std::string message;
  bool absent = false;  ///< the only reason is that a name has no value here: Expression::Absent
};

/// A small language for `derive`, `check` and `when`. It has no loops and no input or output, and
/// every operator gives a value or an error with its offset.
///
///   numbers    1, 2.5, 1e-2; integers are exact, and overflow is an error
///   strings    'lora' or "lora"
///   names      parameters (`early_stop.patience`), `method`, names under `derive`
///   operators  ?:  ||  &&  == !=  < <= > >=  + -  * / %  unary - !
///   functions  min(a, b, ...), max(a, b, ...), floor(x), ceil(x)
///
/// `/` always gives a real; `%` takes integers and has the sign of its left side; `==` compares
/// numbers with numbers, strings with strings and bools with bools. `&&`, `||` and `?:` evaluate
/// only what they need.
class Expression {
 public:
  static constexpr size_t kMaxLength = 1000;

  /// A name that is known but has no value here. `absent && false` is false and `absent || true` is
  /// true, on either side; everything else that reads it is an error with `absent`.
  struct Absent {};
  /// The value of a name, or the reason that it has none.
  using Found = std::variant<Value, std::string, Absent>;
  using Lookup = std::function<Found(const std::string& name)>;

  struct Term {
    enum class Op {
      kLiteral,
      kName,
      kChoose,
      kOr,
      kAnd,
      kEqual,
      kUnequal,
      kLess,
      kLessEqual,
      kGreater,
      kGreaterEqual,
      kAdd,
      kSubtract,
      kMultiply,
      kDivide,
      kRemainder,
      kNegate,
      kNot,
      kMin,
      kMax,
      kFloor,
      kCeil
    };
    Op op = Op::kLiteral;
    size_t offset = 0;
    Value literal;
    std::string name;
    std::vector<Term> operands;
  };

  static std::variant<Expression, ExpressionError> parse(std::string_view text);

  std::variant<Value, ExpressionError> evaluate(const Lookup& lookup) const;

  const std::string& text() const { return text_; }
  /// The names that occur, each with the byte at which it first does.
  const std::map<std::string, size_t>& names() const { return names_; }

 private:
  std::string text_;
  Term root_;
  std::map<std::string, size_t> names_;
};

}  // namespace cox::sweep
