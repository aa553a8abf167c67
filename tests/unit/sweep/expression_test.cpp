#include "coordinator/sweep/expression.h"

#include <catch2/catch.hpp>
#include <random>
#include <string>

#include "base/text.h"

using cox::Value;
using cox::sweep::Expression;
using cox::sweep::ExpressionError;

namespace {

Expression::Found known(const std::string& name) {
  if (name == "groups") return Value(4);
  if (name == "lr") return Value(0.01);
  if (name == "method") return Value("adasteer");
  if (name == "early_stop.patience") return Value(3);
  if (name == "lora_rank") return Expression::Absent{};
  if (name == "sigmas") return Value(Value::List{0.25, 0.5});
  return "'" + name + "' has no value";
}

// The value's canonical text, or "error at OFFSET: MESSAGE".
std::string evaluated(const std::string& text) {
  const auto show = [](const ExpressionError& error) {
    return cox::concat("error at ", error.offset, ": ", error.message);
  };
  const auto parsed = Expression::parse(text);
  if (const auto* error = std::get_if<ExpressionError>(&parsed)) return show(*error);
  const auto result = std::get<Expression>(parsed).evaluate(known);
  if (const auto* error = std::get_if<ExpressionError>(&result)) return show(*error);
  return canonical_text(std::get<Value>(result));
}

}  // namespace

TEST_CASE("expressions follow the usual precedence and associate to the left") {
  CHECK(evaluated("1 + 2 * 3") == "7");
  CHECK(evaluated("(1 + 2) * 3") == "9");
  CHECK(evaluated("10 - 3 - 2") == "5");
  CHECK(evaluated("2 * 3 % 4") == "2");
  CHECK(evaluated("-2 * -3") == "6");
  CHECK(evaluated("1 + 1 == 2 && 3 > 2 || false") == "true");
  CHECK(evaluated("true ? 1 : false ? 2 : 3") == "1");
  CHECK(evaluated("!(1 < 2)") == "false");
  CHECK(evaluated("groups > 1 ? lr / groups : lr") == "0.0025");
}

TEST_CASE("integers stay integers and division gives a real") {
  CHECK(evaluated("48 % groups == 0") == "true");
  CHECK(evaluated("-7 % 4") == "-3");
  CHECK(evaluated("8 / 4") == "2.0");
  CHECK(evaluated("2 * lr") == "0.02");
  CHECK(evaluated("9007199254740993 == 9007199254740992") == "false");
  CHECK(evaluated("floor(7 / 2)") == "3");
  CHECK(evaluated("ceil(7 / 2)") == "4");
  CHECK(evaluated("floor(-0.5)") == "-1");
  CHECK(evaluated("min(3, 2.5, 7)") == "2.5");
  CHECK(evaluated("max(groups, 2)") == "4");
  CHECK(evaluated("1e-2 / groups") == "0.0025");
}

TEST_CASE("texts and bools compare with their own kind alone") {
  CHECK(evaluated("method == 'adasteer'") == "true");
  CHECK(evaluated("method != \"full\"") == "true");
  CHECK(evaluated("true != false") == "true");
  CHECK(evaluated("'a' == 1") == "error at 4: cannot compare a string with an integer");
  CHECK(evaluated("'a' < 'b'") == "error at 4: expected a number, got a string");
  CHECK(evaluated("sigmas == sigmas") == "error at 7: cannot compare a list with a list");
}

TEST_CASE("nested names are one name") { CHECK(evaluated("early_stop.patience + 1") == "4"); }

TEST_CASE("conditions evaluate only what they need") {
  CHECK(evaluated("true || 1 / 0 > 1") == "true");
  CHECK(evaluated("false && nowhere == 1") == "false");
  CHECK(evaluated("true ? 1 : 1 / 0") == "1");
}

TEST_CASE("every error of evaluation has its place") {
  CHECK(evaluated("1 / 0") == "error at 2: division by zero");
  CHECK(evaluated("1 % (groups - 4)") == "error at 2: division by zero");
  CHECK(evaluated("1.5 % 2") == "error at 4: %: expected integers, got a real");
  CHECK(evaluated("9223372036854775807 + 1") == "error at 20: the integer result is out of range");
  CHECK(evaluated("-(-9223372036854775807 - 1)") ==
        "error at 0: the integer result is out of range");
  CHECK(evaluated("(-9223372036854775807 - 1) % -1") == "0");
  CHECK(evaluated("1e308 * 10") == "error at 6: the result is not finite");
  CHECK(evaluated("floor(1e300)") == "error at 0: the integer result is out of range");
  CHECK(evaluated("1 ? 2 : 3") == "error at 2: expected true or false, got an integer");
  CHECK(evaluated("1 + nowhere") == "error at 4: 'nowhere' has no value");
  CHECK(evaluated("sigmas + 1") == "error at 7: expected a number, got a list");
}

TEST_CASE("every error of syntax has its place") {
  CHECK(evaluated("") == "error at 0: expected a value, got the end");
  CHECK(evaluated("1 +") == "error at 3: expected a value, got the end");
  CHECK(evaluated("(1") == "error at 2: expected ')', got the end");
  CHECK(evaluated("1 2") == "error at 2: unexpected '2'");
  CHECK(evaluated("a = 1") == "error at 2: unexpected character '='; equality is written ==");
  CHECK(evaluated("'open") == "error at 0: this quote is not closed");
  CHECK(evaluated("sqrt(2)") ==
        "error at 0: unknown function 'sqrt'; expected min, max, floor or ceil");
  CHECK(evaluated("min(1)") == "error at 0: min: expected 2 or more values, got 1");
  CHECK(evaluated("floor(1, 2)") == "error at 0: floor: expected 1 values, got 2");
  CHECK(evaluated("true ? 1") == "error at 8: expected ':', got the end");
  CHECK(evaluated("99999999999999999999") ==
        "error at 0: the number 99999999999999999999 is out of range");
  CHECK(evaluated("1e999") == "error at 0: the number 1e999 is out of range");
  CHECK(evaluated("1 # 2") == "error at 2: unexpected character '#'");
}

TEST_CASE("an expression is bounded in length and depth") {
  CHECK(evaluated(std::string(1001, '1')) == "error at 0: longer than 1000 characters");
  CHECK(evaluated(std::string(400, '(')).find("nested too deeply") != std::string::npos);
  CHECK(evaluated(std::string(400, '-') + "1").find("nested too deeply") != std::string::npos);
  std::string sum = "1";
  for (int i = 0; i < 400; ++i) sum += "+1";
  CHECK(evaluated(sum) == "401");
}

TEST_CASE("random token soup gives a value or an error, never a crash") {
  const auto seed = std::random_device{}();
  INFO("seed " << seed);
  std::mt19937 random(seed);
  const std::vector<std::string> tokens = {
      "1", "2.5", "groups", "lr", "'a'", "+", "-",   "*", "/",    "%",       "(",  ")", "?",
      ":", "&&",  "||",     "!",  "==",  "<", "min", ",", "true", "nowhere", "\"", "e", "."};
  for (int round = 0; round < 20'000; ++round) {
    std::string text;
    for (auto length = random() % 12; length > 0; --length) {
      text += tokens[random() % tokens.size()] + (random() % 2 == 0 ? " " : "");
    }
    INFO(text);
    const std::string result = evaluated(text);
    REQUIRE_FALSE(result.empty());
  }
}

TEST_CASE("a name without a value decides nothing, unless the other side decides alone") {
  CHECK(evaluated("lora_rank > 4 || true") == "true");
  CHECK(evaluated("true || lora_rank > 4") == "true");
  CHECK(evaluated("lora_rank > 4 && false") == "false");
  CHECK(evaluated("false && lora_rank > 4") == "false");
  CHECK(evaluated("(lora_rank > 4 && groups == 4) || method == 'adasteer'") == "true");
  for (const std::string text :
       {"lora_rank > 4", "!(lora_rank > 4)", "lora_rank > 4 || false", "lora_rank > 4 && true",
        "false || lora_rank > 4", "lora_rank > 4 || lora_rank < 4", "lora_rank + 1"}) {
    INFO(text);
    CHECK(evaluated(text).find("'lora_rank' has no value here") != std::string::npos);
  }
  CHECK(evaluated("lora_rank > 4 || 3").find("expected true or false") != std::string::npos);
}
