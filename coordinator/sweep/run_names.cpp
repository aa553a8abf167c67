#include "coordinator/sweep/run_names.h"

#include <fmt/format.h>

#include <utility>

#include "coordinator/sweep/derive.h"
#include "coordinator/sweep/name_template.h"
#include "coordinator/sweep/read_value.h"

namespace cox::sweep {

bool RunNames::template_holds_replicate() const {
  return sweep_.name && sweep_.name->text.find("{replicate}") != std::string::npos;
}

bool RunNames::is_replicated(const Settings& settings) const {
  return sweep_.replicates > 1 && !settings.method->control;
}

std::optional<std::string> RunNames::filled(const Row& row, const Settings& settings,
                                            std::int64_t index,
                                            const std::optional<Value>& replicate) {
  if (!sweep_.name) return row_name(row, sweep_);
  const auto lookup = [&](const std::string& key) -> std::optional<Value> {
    if (key == "index") return Value(index);
    if (key == "id" && !row.id.empty()) return Value(row.id);
    if (key == "replicate" && replicate) return replicate;
    auto value = value_of(key, settings);
    if (auto* found = std::get_if<Value>(&value)) return std::move(*found);
    return std::nullopt;
  };
  return fill_template(sweep_.name->text, sweep_.name->at, lookup, diagnostics_);
}

void RunNames::check(const Row& row, const std::string& name) {
  const Position& at = sweep_.name ? sweep_.name->at : row.at;
  const std::string error = name_error("run", name);
  if (!error.empty()) diagnostics_.error(at, error);
  if (names_.insert(name).second || !sweep_.unread.empty()) return;
  diagnostics_.error(at, fmt::format("two runs are named '{}'", name),
                     "use a template that gives each run its own name; {index} always does");
}

std::optional<std::string> RunNames::name_of(const Row& row, const Settings& settings,
                                             std::int64_t index) {
  std::optional<std::string> name = filled(row, settings, index, std::nullopt);
  if (name && is_replicated(settings) && !template_holds_replicate()) {
    *name += "-r" + shown(settings.values.at("replicate").value);
  }
  if (name) check(row, *name);
  return name;
}

std::string RunNames::shared_name_of(const Row& row, const Settings& settings, std::int64_t index) {
  if (!is_replicated(settings)) return "";
  return filled(row, settings, index, Value("*")).value_or("");
}

}  // namespace cox::sweep
