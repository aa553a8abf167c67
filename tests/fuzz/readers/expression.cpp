#include "coordinator/sweep/expression.h"

#include <cmath>

#include "tests/fuzz/readers/scratch.h"

namespace cox::fuzz {

namespace {

using sweep::Expression;
using sweep::ExpressionError;

Expression::Found find(const std::string& name) {
  if (name == "steps") return Value(std::int64_t{5});
  if (name == "big") return Value(INT64_MAX);
  if (name == "small") return Value(INT64_MIN);
  if (name == "lr") return Value(1e-4);
  if (name == "huge") return Value(1e308);
  if (name == "method") return Value("lora");
  if (name == "on") return Value(true);
  if (name == "list") return Value(Value::List{Value(1), Value(2)});
  if (name == "absent") return Expression::Absent{};
  return std::string("unknown name");
}

void require_place(const ExpressionError& error, const std::string& input) {
  require(!error.message.empty(), "an error without a message");
  require(error.offset <= input.size(), "an error beyond the end");
}

}  // namespace

/// `derive`, `check` and `when`.
Reader expression_reader() {
  return {"expression",
          {"steps",      "big",   "small",  "lr",    "huge", "method", "on",   "list",   "absent",
           "other.name", " ? ",   " : ",    " || ",  " && ", " == ",   " != ", " < ",    " <= ",
           " > ",        " >= ",  " + ",    " - ",   " * ",  " / ",    " % ",  "-",      "!",
           "min(",       "max(",  "floor(", "ceil(", "(",    ")",      ", ",   "'lora'", "\"a\"",
           "true",       "false", "1",      "2.5",   "1e-2"},
          [](const std::string& input) {
            const auto parsed = Expression::parse(input);
            if (const auto* error = std::get_if<ExpressionError>(&parsed)) {
              return require_place(*error, input);
            }
            const auto& expression = std::get<Expression>(parsed);
            for (const auto& [name, offset] : expression.names()) {
              require(input.compare(offset, name.size(), name) == 0,
                      "a name is not where it is said");
            }
            const auto value = expression.evaluate(find);
            if (const auto* error = std::get_if<ExpressionError>(&value)) {
              return require_place(*error, input);
            }
            require(std::get<Value>(value).data.index() != 4, "a list as a result");
            const auto* real = std::get<Value>(value).get_if<double>();
            require(real == nullptr || std::isfinite(*real), "a result that is not finite");
          }};
}

}  // namespace cox::fuzz
