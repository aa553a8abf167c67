#include "coordinator/sweep/derive.h"

#include <fmt/format.h>
#include <cmath>
#include <map>
#include <set>
#include <utility>

#include "base/text.h"
#include "coordinator/sweep/read_value.h"

namespace cox::sweep {

namespace {

// Converts a derived value to its parameter's type: integral reals become integers, integers reals.
std::optional<Value> converted(const Value& value, Type type) {
  const auto* integer = value.get_if<std::int64_t>();
  const auto* real = value.get_if<double>();
  constexpr double kExact = 9007199254740992.0;  // 2^53
  if (type == Type::kInt && integer != nullptr) return value;
  if (type == Type::kInt && real != nullptr && std::floor(*real) == *real &&
      std::abs(*real) <= kExact) {
    return static_cast<std::int64_t>(*real);
  }
  if (type == Type::kFloat && integer != nullptr) return static_cast<double>(*integer);
  if (type == Type::kFloat && real != nullptr) return value;
  if (type == Type::kBool && value.get_if<bool>() != nullptr) return value;
  if (type == Type::kText && value.get_if<std::string>() != nullptr) return value;
  return std::nullopt;
}

bool is_given(const Assigned& value) {
  return value.layer > Layer::kDerive && value.layer != Layer::kReplicates;
}

/// Evaluates the rules of one row, each once. Reading made sure that no rule uses itself.
class Deriver {
 public:
  Deriver(const std::vector<Rule>& rules, const std::string& run_name, Settings& settings,
          Diagnostics& diagnostics)
      : run_name_(run_name), settings_(settings), diagnostics_(diagnostics) {
    for (const Rule& rule : rules) rules_[rule.name] = &rule;
  }

  void run() {
    for (const auto& [name, rule] : rules_) look_up(name);
  }

 private:
  bool applies(const std::string& name) const {
    const auto found = settings_.values.find(name);
    return found == settings_.values.end() || !is_given(found->second);
  }

  Expression::Found look_up(const std::string& name) {
    const auto rule = rules_.find(name);
    if (rule == rules_.end()) return value_of(name, settings_);
    if (applies(name) && started_.insert(name).second) evaluate(*rule->second);
    return value_of(name, settings_);
  }

  void evaluate(const Rule& rule) {
    const std::vector<std::string> targets = settings_.method->targets(rule.name);
    if (targets.empty()) return define(rule);
    const auto value = evaluated(rule);
    if (!value) return;
    for (const std::string& target : targets) {
      if (applies(target)) assign(rule, target, *value);
    }
  }

  void assign(const Rule& rule, const std::string& target, const Value& value) {
    const ParameterSchema& schema = settings_.method->parameters.at(target);
    const auto typed = converted(value, schema.type);
    if (!typed) {
      diagnostics_.error(rule.text_at,
                         fmt::format("derive.{}: expected {}, got {}", rule.name,
                                     type_name(schema.type), shown(value)),
                         "in run " + run_name_);
      return;
    }
    settings_.values[target] = {normalized(schema, *typed), rule.text_at, Layer::kDerive};
  }

  void define(const Rule& rule) {
    // The name gets no value where the method lacks a parameter that the rule needs.
    for (const auto& [name, offset] : rule.expression.names()) {
      if (std::holds_alternative<std::string>(look_up(name))) return;
    }
    if (auto value = evaluated(rule)) settings_.derived[rule.name] = std::move(*value);
  }

  std::optional<Value> evaluated(const Rule& rule) {
    return evaluate_rule(
        rule, [this](const std::string& name) { return look_up(name); }, run_name_, diagnostics_);
  }

  std::map<std::string, const Rule*> rules_;
  const std::string& run_name_;
  Settings& settings_;
  Diagnostics& diagnostics_;
  std::set<std::string> started_;
};

}  // namespace

Expression::Found value_of(const std::string& name, const Settings& settings) {
  if (name == "method") return Value(settings.method->name);
  if (const auto found = settings.values.find(name); found != settings.values.end()) {
    return found->second.value;
  }
  if (const auto found = settings.derived.find(name); found != settings.derived.end()) {
    return found->second;
  }
  const std::vector<std::string> targets = settings.method->targets(name);
  if (targets.size() > 1) {
    return fmt::format("each of the methods '{}' has its own '{}'; write one of {}",
                       settings.method->name, name, join(targets, ", "));
  }
  const auto member =
      targets.empty() ? settings.values.end() : settings.values.find(targets.front());
  if (member != settings.values.end()) return member->second.value;
  return fmt::format("'{}' has no value with method '{}'", name, settings.method->name);
}

std::optional<Value> evaluate_rule(const Rule& rule, const Expression::Lookup& lookup,
                                   const std::string& run_name, Diagnostics& diagnostics) {
  auto result = rule.expression.evaluate(lookup);
  if (auto* error = std::get_if<ExpressionError>(&result)) {
    diagnostics.error(position_in(rule, error->offset), "in expression: " + error->message,
                      "in run " + run_name);
    return std::nullopt;
  }
  return std::get<Value>(std::move(result));
}

void derive_values(const std::vector<Rule>& rules, const std::string& run_name, Settings& settings,
                   Diagnostics& diagnostics) {
  Deriver(rules, run_name, settings, diagnostics).run();
}

}  // namespace cox::sweep
