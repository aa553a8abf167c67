#include "coordinator/sweep/settings.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "base/text.h"
#include "coordinator/sweep/derive.h"
#include "coordinator/sweep/name_template.h"
#include "coordinator/sweep/read_value.h"
#include "coordinator/sweep/tasks.h"
#include "record/method_name.h"
#include "record/task.h"

namespace cox::sweep {

namespace {

/// Returns the name that a parameter of `member` has in `method`, which may be several that act
/// together.
std::string own_name(const MethodSchema& method, const std::string& member,
                     const std::string& parameter) {
  const std::string name = member_parameter(member, parameter);
  return method.parameters.count(name) != 0 ? name : parameter;
}

}  // namespace

std::string row_name(const Row& row, const SweepFile& sweep) {
  std::vector<std::string> parts;
  for (const std::string& axis : row.axes) {
    const auto found = row.values.find(axis);
    if (found == row.values.end() || found->second.layer == Layer::kSample) continue;
    parts.push_back(axis + "=" + name_part(found->second.value));
  }
  if (!row.sample_name.empty()) parts.push_back(row.sample_name);
  const std::string axes = join(parts, ",");
  if (row.id.empty()) return axes.empty() ? sweep.series.name : axes;
  return axes.empty() ? row.id : row.id + "-" + axes;
}

const MethodSchema* SettingsResolver::method_of(const Row& row) {
  for (const Assignments* values : {&sweep_.overrides, &row.values}) {
    const auto found = values->find("method");
    if (found != values->end()) {
      return schemas_.find_method(*found->second.value.get_if<std::string>());
    }
  }
  if (sweep_.method) return schemas_.find_method(sweep_.method->text);
  diagnostics_.error(row.at, "no method: set `method` at the top level or in the run",
                     "allowed: " + join(schemas_.method_names(), ", "));
  return nullptr;
}

Settings SettingsResolver::defaults_of(const MethodSchema& method) const {
  Settings settings{&method, {}, {}};
  for (const auto& [name, schema] : method.parameters) {
    if (schema.default_value) settings.values[name] = {*schema.default_value, {}, Layer::kSchema};
  }
  if (sweep_.preset == nullptr) return settings;
  for (const auto& [name, value] : sweep_.preset->parameters) {
    for (const std::string& target : method.targets(name)) {
      settings.values[target] = {value, {}, Layer::kPreset};
    }
  }
  for (const std::string& member : methods_of(method.name)) {
    const auto of_member = sweep_.preset->methods.find(member);
    if (of_member == sweep_.preset->methods.end()) continue;
    for (const auto& [name, value] : of_member->second) {
      settings.values[own_name(method, member, name)] = {value, {}, Layer::kPreset};
    }
  }
  return settings;
}

Settings SettingsResolver::layered(const MethodSchema& method, const Row& row, const Names& without,
                                   bool reports) {
  Settings settings = defaults_of(method);
  lay(sweep_.params, without, reports, settings);
  lay_method_params(without, reports, settings);
  lay(row.values, without, reports, settings);
  lay(sweep_.overrides, without, reports, settings);
  lay_task_defaults(settings);
  return settings;
}

void SettingsResolver::lay_task_defaults(Settings& settings) {
  const auto task = settings.values.find("task");
  const auto metrics = settings.values.find("metrics");
  if (task == settings.values.end() || metrics == settings.values.end()) return;
  if (has_reference(task_of({{"task", task->second.value}}))) return;
  if (metrics->second.layer == Layer::kSchema) metrics->second.value = metrics_without_reference();
}

void SettingsResolver::lay(const Assignments& values, const Names& without, bool reports,
                           Settings& settings) {
  const MethodSchema& method = *settings.method;
  // A row holds values of several layers. Within one, `adasteer.lr` is over `lr`.
  std::vector<Assignments::const_iterator> ordered;
  for (auto entry = values.begin(); entry != values.end(); ++entry) ordered.push_back(entry);
  std::stable_sort(ordered.begin(), ordered.end(), [&](const auto& a, const auto& b) {
    const auto rank = [&](const auto& entry) {
      return std::pair(entry->second.layer, method.parameters.count(entry->first));
    };
    return rank(a) < rank(b);
  });
  for (const auto& entry : ordered) {
    const auto& [name, value] = *entry;
    if (name == "method" || (value.layer < Layer::kRuns && without.count(name) != 0)) continue;
    const std::vector<std::string> targets = method.targets(name);
    for (const std::string& target : targets) settings.values[target] = value;
    if (targets.empty() && reports && value.layer != Layer::kSet) {
      report_foreign(name, value, method);
    }
  }
}

void SettingsResolver::lay_method_params(const Names& without, bool reports, Settings& settings) {
  const MethodSchema& method = *settings.method;
  const auto trains = sweep_.method_params.find("trains");
  if (method.trains && trains != sweep_.method_params.end()) {
    lay(trains->second, without, reports, settings);
  }
  for (const std::string& member : methods_of(method.name)) {
    const auto found = sweep_.method_params.find(member);
    if (found == sweep_.method_params.end()) continue;
    Assignments values;
    for (const auto& [name, value] : found->second) {
      const std::string target = own_name(method, member, name);
      if (target == name && member != method.name) {
        if (reports) report_common(name, value, member);
        continue;
      }
      if (without.count(name) == 0) values.emplace(target, value);
    }
    lay(values, without, reports, settings);
  }
}

void SettingsResolver::report_common(const std::string& name, const Assigned& value,
                                     const std::string& member) {
  diagnostics_.error(value.at,
                     fmt::format("method_params.{}: '{}' is one for all methods that act together; "
                                 "put it under params, method_params.trains or into the row",
                                 member, name));
}

void SettingsResolver::report_foreign(const std::string& name, const Assigned& value,
                                      const MethodSchema& method) {
  std::vector<std::string> owners;
  for (const auto& [owner, schema] : schemas_.methods) {
    if (schema.parameters.count(name) != 0) owners.push_back(owner);
  }
  const bool shared = value.layer == Layer::kExtends || value.layer == Layer::kParams;
  const std::string message =
      fmt::format("'{}' is not a parameter of method '{}'", name, method.name);
  if (owners.empty()) {
    diagnostics_.error(value.at, message,
                       "only runs whose methods act together have it, a list under `method`");
    return;
  }
  diagnostics_.error(
      value.at, message,
      fmt::format(
          "methods that have it: {}{}", join(owners, ", "),
          shared ? fmt::format("; put it under method_params, or switch it off elsewhere: `when: "
                               "{{{}: \"method == '{}'\"}}`",
                               name, owners.front())
                 : ""));
}

SettingsResolver::Names SettingsResolver::switched_off(const MethodSchema& method, const Row& row) {
  Names conditional;
  for (const Rule& rule : sweep_.when) conditional.insert(rule.name);
  if (conditional.empty()) return {};
  Settings settings = layered(method, row, conditional, false);
  Names off;
  for (const Rule& rule : sweep_.when) {
    const auto lookup = [&](const std::string& name) -> Expression::Found {
      if (conditional.count(name) != 0) return "'" + name + "' is itself under `when`";
      return value_of(name, settings);
    };
    const auto value = evaluate_rule(rule, lookup, row_name(row, sweep_), diagnostics_);
    if (!value) continue;
    const bool* holds = value->get_if<bool>();
    if (holds == nullptr) {
      diagnostics_.error(rule.text_at,
                         "when." + rule.name + ": expected true or false, got " + shown(*value));
    } else if (!*holds) {
      off.insert(rule.name);
    }
  }
  return off;
}

std::string SettingsResolver::model_error(const ParameterSchema& schema, const Value& value) const {
  if (const auto* list = value.get_if<Value::List>()) return index_error(schema, *list);
  const auto fact = facts_.find(schema.at_most);
  const auto* number = value.get_if<std::int64_t>();
  if (fact == facts_.end() || number == nullptr || *number <= fact->second) return "";
  return fmt::format("expected at most {}, the {} of the model in {}", fact->second, fact->first,
                     sweep_.backbone.model.text);
}

std::string SettingsResolver::index_error(const ParameterSchema& schema,
                                          const Value::List& list) const {
  const auto fact = facts_.find(schema.less_than);
  if (fact == facts_.end()) return "";
  const bool fits = std::all_of(list.begin(), list.end(), [&](const Value& item) {
    return *item.get_if<std::int64_t>() < fact->second;
  });
  if (fits) return "";
  return fmt::format("expected numbers from 0 to {}, the {} of the model in {} being {}",
                     fact->second - 1, fact->first, sweep_.backbone.model.text, fact->second);
}

void SettingsResolver::check_values(const Row& row, const Settings& settings) {
  for (const auto& [name, schema] : settings.method->parameters) {
    const auto found = settings.values.find(name);
    if (sweep_.unread.count(name) != 0) continue;
    if (found == settings.values.end()) {
      diagnostics_.error(
          row.at,
          fmt::format("run '{}': parameter '{}' of method '{}' has no default; give it a value",
                      row_name(row, sweep_), name, settings.method->name));
      continue;
    }
    std::string error = bounds_error(schema, found->second.value);
    if (error.empty()) error = model_error(schema, found->second.value);
    if (error.empty()) continue;
    const Position& at = found->second.at.file == nullptr ? row.at : found->second.at;
    diagnostics_.error(at, fmt::format("{}: {}, got {}", name, error, shown(found->second.value)));
  }
}

std::optional<Settings> SettingsResolver::resolve(Row& row) {
  const MethodSchema* method = method_of(row);
  if (method == nullptr) return std::nullopt;
  const Names off = switched_off(*method, row);
  for (const std::string& name : off) {
    const auto found = row.values.find(name);
    if (found != row.values.end() && found->second.layer < Layer::kRuns) row.values.erase(found);
  }
  Settings settings = layered(*method, row, off, true);
  derive_values(sweep_.derive, row_name(row, sweep_), settings, diagnostics_);
  check_values(row, settings);
  return settings;
}

}  // namespace cox::sweep
