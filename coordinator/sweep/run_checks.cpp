#include "coordinator/sweep/run_checks.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>
#include <utility>

#include "base/text.h"
#include "coordinator/sweep/derive.h"
#include "coordinator/sweep/geometry.h"
#include "coordinator/sweep/read_value.h"
#include "coordinator/sweep/tasks.h"
#include "record/method_name.h"
#include "schemas/backbone_schema.h"

namespace cox::sweep {

namespace {

/// `groups = 5 (sweeps/a.yaml:12:9)`
std::string with_origin(const std::string& name, const Assigned& value) {
  return fmt::format("{} = {} ({})", name, shown(value.value),
                     value.at.file == nullptr ? layer_name(value.layer) : location(value.at));
}

std::string failed_check(const Rule& rule, const Settings& settings, const Row& row) {
  std::vector<std::string> values;
  for (const auto& [name, offset] : rule.expression.names()) {
    if (const auto found = settings.values.find(name); found != settings.values.end()) {
      values.push_back(with_origin(name, found->second));
    } else if (const auto derived = settings.derived.find(name);
               derived != settings.derived.end()) {
      values.push_back(name + " = " + shown(derived->second));
    }
  }
  return fmt::format("check failed: {} with {} in the row at {}", rule.expression.text(),
                     join(values, ", "), location(row.at));
}

/// The parameters that the sweep gives a value.
std::set<std::string> written(const Settings& settings) {
  std::set<std::string> names;
  for (const auto& [name, value] : settings.values) {
    if (value.layer > Layer::kPreset) names.insert(name);
  }
  return names;
}

}  // namespace

bool RunChecks::depends_on_unread(const std::vector<std::string>& parameters) const {
  return std::any_of(parameters.begin(), parameters.end(),
                     [&](const std::string& name) { return sweep_.unread.count(name) != 0; });
}

void RunChecks::fail(const Position& at, const std::string& message, const std::string& run) {
  Failure& failure = failures_[message];
  if (failure.runs.empty()) failure.at = at;
  failure.runs.push_back(run);
}

void RunChecks::check_geometry(const Row& row, const Settings& settings, const Run& run) {
  const BackboneSchema* backbone = find_backbone(sweep_.backbone.name);
  const std::int64_t size_unit =
      backbone == nullptr ? LatentGeometry{}.size_unit : backbone->geometry.size_unit;
  std::vector<GeometryError> errors = geometry_errors(run.method, run.parameters, size_unit);
  for (GeometryError& error : task_errors(*settings.method, run.parameters, written(settings))) {
    errors.push_back(std::move(error));
  }
  for (const GeometryError& error : errors) {
    if (depends_on_unread(error.parameters)) continue;
    // Reported where the strongest of the compared values was written.
    const Assigned* strongest = nullptr;
    std::vector<std::string> origins;
    for (const std::string& name : error.parameters) {
      const Assigned& value = settings.values.at(name);
      origins.push_back(with_origin(name, value));
      if (strongest == nullptr || value.layer > strongest->layer) strongest = &value;
    }
    const bool is_written = strongest != nullptr && strongest->at.file != nullptr;
    fail(is_written ? strongest->at : row.at, error.message + ": " + join(origins, ", "), run.name);
  }
}

void RunChecks::check_expressions(const Row& row, const Settings& settings,
                                  const std::string& run) {
  for (const Rule& rule : sweep_.checks) {
    std::vector<std::string> names;
    for (const auto& [name, offset] : rule.expression.names()) names.push_back(name);
    if (depends_on_unread(names)) continue;
    const auto value = evaluate_rule(
        rule, [&](const std::string& name) { return value_of(name, settings); }, run, diagnostics_);
    if (!value) continue;
    const bool* holds = value->get_if<bool>();
    if (holds == nullptr) {
      diagnostics_.error(rule.text_at,
                         fmt::format("check: expected true or false, got {}", shown(*value)));
    } else if (!*holds) {
      fail(rule.text_at, failed_check(rule, settings, row), run);
    }
  }
}

/// Refuses a method that the backbone cannot serve, and settings with which it serves nothing.
void RunChecks::check_refusals(const Row& row, const Settings& settings, const Run& run) {
  for (const MethodRefusal& refusal : settings.method->refusals) {
    check_refusal(refusal, "makes no sense", row, settings, run);
  }
  const BackboneSchema* backbone = find_backbone(sweep_.backbone.name);
  if (backbone == nullptr) return;
  for (const MethodRefusal& refusal : backbone->refusals) {
    check_refusal(refusal, "cannot run on " + backbone->title, row, settings, run);
  }
}

/// Reported where the method or a setting was written.
void RunChecks::check_refusal(const MethodRefusal& refusal, const std::string& what, const Row& row,
                              const Settings& settings, const Run& run) {
  const std::vector<std::string> members = methods_of(run.method);
  if (std::find(members.begin(), members.end(), refusal.method) == members.end()) return;
  Position at = row.at;
  std::vector<std::string> asked;
  const auto setting_of = [&](const std::string& name) {
    const auto own = settings.values.find(member_parameter(refusal.method, name));
    return own == settings.values.end() ? settings.values.find(name) : own;
  };
  const auto ask = [&](const std::string& name, const Assigned& setting) {
    if (setting.at.file != nullptr) at = setting.at;
    asked.push_back(fmt::format("{}: {}", name, canonical_text(setting.value)));
  };
  for (const auto& [name, value] : refusal.with) {
    const auto setting = setting_of(name);
    if (setting == settings.values.end() || canonical_text(setting->second.value) != value) return;
    ask(name, setting->second);
  }
  for (const auto& [name, most] : refusal.at_most) {
    const auto setting = setting_of(name);
    const double* number =
        setting == settings.values.end() ? nullptr : setting->second.value.get_if<double>();
    if (number == nullptr || *number > most) return;
    ask(name, setting->second);
  }
  fail(at,
       fmt::format("method '{}'{} {}: {}", refusal.method,
                   asked.empty() ? "" : " with " + join(asked, ", "), what, refusal.reason),
       run.name);
}

void RunChecks::check(const Row& row, const Settings& settings, const Run& run) {
  check_refusals(row, settings, run);
  check_geometry(row, settings, run);
  check_expressions(row, settings, run.name);
}

void RunChecks::report() const {
  constexpr std::size_t kMaxNamed = 8;
  for (const auto& [message, failure] : failures_) {
    diagnostics_.error(failure.at, message, "in run " + join_first(failure.runs, kMaxNamed));
  }
}

}  // namespace cox::sweep
