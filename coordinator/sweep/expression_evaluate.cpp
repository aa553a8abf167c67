#include <fmt/format.h>
#include <algorithm>
#include <cmath>
#include <compare>
#include <optional>
#include <utility>

#include "base/text.h"
#include "coordinator/sweep/expression.h"

namespace cox::sweep {

namespace {

using Term = Expression::Term;
using Op = Term::Op;

const char* kind_of(const Value& value) {
  constexpr const char* kNames[] = {"a bool", "an integer", "a real", "a string", "a list"};
  return kNames[value.data.index()];
}

bool is_number(const Value& value) {
  return value.get_if<std::int64_t>() != nullptr || value.get_if<double>() != nullptr;
}

double real_of(const Value& value) {
  if (const auto* integer = value.get_if<std::int64_t>()) return static_cast<double>(*integer);
  return *value.get_if<double>();
}

std::partial_ordering compare_numbers(const Value& a, const Value& b) {
  const auto* left = a.get_if<std::int64_t>();
  const auto* right = b.get_if<std::int64_t>();
  if (left != nullptr && right != nullptr) return *left <=> *right;
  return real_of(a) <=> real_of(b);
}

// The first error is kept; after it values do not matter.
class Evaluator {
 public:
  explicit Evaluator(const Expression::Lookup& lookup) : lookup_(lookup) {}

  std::variant<Value, ExpressionError> run(const Term& root) {
    Value value = evaluate(root);
    if (error_) return *error_;
    return value;
  }

 private:
  Value fail(const Term& term, std::string message) {
    if (!error_) error_ = ExpressionError{term.offset, std::move(message)};
    return {};
  }

  Value evaluate(const Term& term) {
    if (error_) return {};
    switch (term.op) {
      case Op::kLiteral:
        return term.literal;
      case Op::kName:
        return look_up(term);
      case Op::kChoose:
        return evaluate(term.operands[condition(term, 0) ? 1 : 2]);
      case Op::kOr:
        return either(term, true);
      case Op::kAnd:
        return either(term, false);
      case Op::kNot:
        return !condition(term, 0);
      default:
        break;
    }
    std::vector<Value> values;
    for (const Term& operand : term.operands) values.push_back(evaluate(operand));
    return error_ ? Value() : apply(term, values);
  }

  Value look_up(const Term& term) {
    auto found = lookup_(term.name);
    if (auto* reason = std::get_if<std::string>(&found)) return fail(term, std::move(*reason));
    if (auto* value = std::get_if<Value>(&found)) return std::move(*value);
    fail(term, fmt::format("'{}' has no value here", term.name));
    error_->absent = true;
    return {};
  }

  /// `||` when `deciding` is true, `&&` when it is false: the value that decides alone, whatever
  /// the other side is.
  bool either(const Term& term, bool deciding) {
    const bool left = condition(term, 0);
    if (!error_) return left == deciding ? deciding : condition(term, 1);
    if (!error_->absent) return false;
    const ExpressionError absent = *std::exchange(error_, std::nullopt);
    const bool right = condition(term, 1);
    if (!error_ && right == deciding) return deciding;
    if (!error_ || error_->absent) error_ = absent;
    return false;
  }

  bool condition(const Term& term, size_t index) {
    const Value value = evaluate(term.operands[index]);
    if (const bool* truth = value.get_if<bool>()) return *truth;
    fail(term, fmt::format("expected true or false, got {}", kind_of(value)));
    return false;
  }

  Value apply(const Term& term, const std::vector<Value>& values) {
    if (term.op == Op::kEqual) return equal(term, values);
    if (term.op == Op::kUnequal) return !equal(term, values);
    for (const Value& value : values) {
      if (!is_number(value))
        return fail(term, fmt::format("expected a number, got {}", kind_of(value)));
    }
    switch (term.op) {
      case Op::kLess:
        return compare_numbers(values[0], values[1]) < 0;
      case Op::kLessEqual:
        return compare_numbers(values[0], values[1]) <= 0;
      case Op::kGreater:
        return compare_numbers(values[0], values[1]) > 0;
      case Op::kGreaterEqual:
        return compare_numbers(values[0], values[1]) >= 0;
      case Op::kMin:
        return *std::min_element(values.begin(), values.end(), is_less);
      case Op::kMax:
        return *std::max_element(values.begin(), values.end(), is_less);
      case Op::kNegate:
        return arithmetic(term, Op::kSubtract, std::int64_t{0}, values[0]);
      case Op::kFloor:
        return integer(term, std::floor(real_of(values[0])), values[0]);
      case Op::kCeil:
        return integer(term, std::ceil(real_of(values[0])), values[0]);
      case Op::kDivide:
        return divide(term, values[0], values[1]);
      case Op::kRemainder:
        return remainder(term, values[0], values[1]);
      default:
        return arithmetic(term, term.op, values[0], values[1]);
    }
  }

  static bool is_less(const Value& a, const Value& b) { return compare_numbers(a, b) < 0; }

  bool equal(const Term& term, const std::vector<Value>& values) {
    const Value& a = values[0];
    const Value& b = values[1];
    if (is_number(a) && is_number(b)) return compare_numbers(a, b) == 0;
    if (a.data.index() == b.data.index() && a.get_if<Value::List>() == nullptr) return a == b;
    fail(term, fmt::format("cannot compare {} with {}", kind_of(a), kind_of(b)));
    return false;
  }

  Value arithmetic(const Term& term, Op op, const Value& a, const Value& b) {
    const auto* left = a.get_if<std::int64_t>();
    const auto* right = b.get_if<std::int64_t>();
    if (left != nullptr && right != nullptr) return integers(term, op, *left, *right);
    const double x = real_of(a);
    const double y = real_of(b);
    return real(term, op == Op::kAdd ? x + y : op == Op::kSubtract ? x - y : x * y);
  }

  Value integers(const Term& term, Op op, std::int64_t a, std::int64_t b) {
    std::int64_t result = 0;
    const bool overflows = op == Op::kAdd        ? __builtin_add_overflow(a, b, &result)
                           : op == Op::kSubtract ? __builtin_sub_overflow(a, b, &result)
                                                 : __builtin_mul_overflow(a, b, &result);
    return overflows ? fail(term, "the integer result is out of range") : Value(result);
  }

  Value real(const Term& term, double result) {
    return std::isfinite(result) ? Value(result) : fail(term, "the result is not finite");
  }

  Value divide(const Term& term, const Value& a, const Value& b) {
    if (real_of(b) == 0) return fail(term, "division by zero");
    return real(term, real_of(a) / real_of(b));
  }

  Value remainder(const Term& term, const Value& a, const Value& b) {
    const auto* left = a.get_if<std::int64_t>();
    const auto* right = b.get_if<std::int64_t>();
    if (left == nullptr || right == nullptr) return fail(term, "%: expected integers, got a real");
    if (*right == 0) return fail(term, "division by zero");
    return *right == -1 ? Value(std::int64_t{0}) : Value(*left % *right);
  }

  Value integer(const Term& term, double rounded, const Value& original) {
    if (original.get_if<std::int64_t>() != nullptr) return original;
    constexpr double kBound = 9223372036854775808.0;  // 2^63
    if (rounded < -kBound || rounded >= kBound) {
      return fail(term, "the integer result is out of range");
    }
    return static_cast<std::int64_t>(rounded);
  }

  const Expression::Lookup& lookup_;
  std::optional<ExpressionError> error_;
};

}  // namespace

std::variant<Value, ExpressionError> Expression::evaluate(const Lookup& lookup) const {
  return Evaluator(lookup).run(root_);
}

}  // namespace cox::sweep
