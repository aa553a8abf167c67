#include "coordinator/sweep/resolve.h"

#include <algorithm>
#include <map>
#include <set>
#include <utility>

#include "base/text.h"
#include "coordinator/sweep/derive.h"
#include "coordinator/sweep/geometry.h"
#include "coordinator/sweep/name_template.h"
#include "coordinator/sweep/read_value.h"
#include "coordinator/sweep/resolve_row.h"

namespace cox::sweep {

namespace {

/// Failed checks with the runs that fail them, so that a grid of a hundred runs gives one message.
class FailedChecks {
 public:
  void add(const Position& at, const std::string& message, const std::string& run) {
    auto& runs = runs_[message];
    if (runs.names.empty()) runs.at = at;
    runs.names.push_back(run);
  }

  void report(Diagnostics& diagnostics) const {
    constexpr size_t kMaxNamed = 8;
    for (const auto& [message, runs] : runs_) {
      diagnostics.error(runs.at, message, "in run " + join_first(runs.names, kMaxNamed));
    }
  }

 private:
  struct Runs {
    Position at;
    std::vector<std::string> names;
  };
  std::map<std::string, Runs> runs_;
};

Origin origin_of(const Assigned& value, const ParameterSchema& schema, const std::string& preset) {
  Origin origin{schema.file, 0, 0, layer_name(value.layer)};
  if (value.layer == Layer::kPreset) origin.file = concat("schemas/presets/", preset, ".yaml");
  if (value.at.file == nullptr) return origin;
  origin.file = value.at.file->path;
  origin.line = value.at.line;
  origin.column = value.at.column;
  return origin;
}

// `groups = 5 (sweeps/a.yaml:12:9)`
std::string with_origin(const std::string& name, const Assigned& value) {
  const std::string at = value.at.file == nullptr ? layer_name(value.layer) : place(value.at);
  return concat(name, " = ", shown(value.value), " (", at, ")");
}

/// Turns rows into runs.
class SweepResolver {
 public:
  SweepResolver(const SweepFile& sweep, const Schemas& schemas, const ModelFacts& facts,
                Diagnostics& diagnostics)
      : sweep_(sweep), diagnostics_(diagnostics), rows_(sweep, schemas, facts, diagnostics) {}

  std::vector<Run> run() {
    for (Row& row : expand_rows(sweep_, diagnostics_)) {
      auto settings = rows_.resolve(row);
      if (!settings || !is_new(row)) continue;
      ++index_;
      add_replicates(row, *settings);
    }
    failed_.report(diagnostics_);
    check_overrides();
    return std::move(runs_);
  }

 private:
  void check_overrides() {
    for (const auto& [name, value] : sweep_.overrides) {
      const bool used = std::any_of(runs_.begin(), runs_.end(), [&, &key = name](const Run& run) {
        return key == "method" || run.origins.count(key) != 0;
      });
      if (used || !diagnostics_.ok()) continue;
      diagnostics_.error(value.at, "--set: no run of this sweep has the parameter '" + name + "'");
    }
  }

  // Where `when` switches a parameter off, grid points that differed in it alone are one.
  bool is_new(const Row& row) {
    if (sweep_.when.empty()) return true;
    std::string key = row.id;
    for (const auto& [name, value] : row.values) {
      key += "\n" + name + " " + canonical_text(value.value);
    }
    return seen_rows_.insert(key).second;
  }

  void add_replicates(const Row& row, Settings& settings) {
    if (sweep_.replicates > 1) {
      const auto given = settings.values.find("replicate");
      if (given != settings.values.end() && given->second.layer != Layer::kSchema) {
        diagnostics_.error(given->second.at,
                           "`replicates` sets the parameter 'replicate'; drop one");
      }
    }
    for (std::int64_t replicate = 0; replicate < sweep_.replicates; ++replicate) {
      if (sweep_.replicates > 1) {
        settings.values["replicate"] = {replicate, sweep_.replicates_at, Layer::kReplicates};
      }
      add_run(row, settings);
    }
  }

  void add_run(const Row& row, const Settings& settings) {
    Run run;
    run.method = settings.method->name;
    run.labels = sweep_.labels;
    for (const auto& [name, text] : row.labels) run.labels[name] = text;
    for (const auto& [name, value] : settings.values) {
      const ParameterSchema& schema = settings.method->parameters.at(name);
      if (schema.role == Role::kLabel) {
        run.labels[name] = shown(value.value);
      } else {
        run.parameters[name] = value.value;
      }
      run.origins[name] =
          origin_of(value, schema, sweep_.preset == nullptr ? "" : sweep_.preset->name);
    }
    const auto name = name_of(row, settings);
    if (!name) return;
    run.name = *name;
    run.shared_name = shared_name_of(row, settings);
    check_name(row, run.name);
    check_distinct(row, run);
    check_geometry(row, settings, run);
    check_expressions(row, settings, run.name);
    runs_.push_back(std::move(run));
  }

  // Rows that differ in nothing but what `--set` replaces are one configuration under two names.
  void check_distinct(const Row& row, const Run& run) {
    if (sweep_.overrides.empty() || row.id.empty()) return;
    std::string key = run.method;
    for (const auto& [name, value] : run.parameters)
      key += name + ' ' + canonical_text(value) + '\n';
    const auto [known, is_new] = first_rows_.emplace(key, std::make_pair(run.name, row.values));
    if (is_new) return;
    const auto& [first_name, first_values] = known->second;
    for (const auto& [name, set] : sweep_.overrides) {
      const auto first = first_values.find(name);
      const auto own = row.values.find(name);
      const bool in_first = first != first_values.end();
      const bool in_own = own != row.values.end();
      if (!in_first && !in_own) continue;
      if (in_first && in_own && first->second.value == own->second.value) continue;
      diagnostics_.error((in_own ? own : first)->second.at,
                         concat("--set ", set.at.file->lines.front(), " makes run '", run.name,
                                "' equal to run '", first_name, "', which differs in '", name, "'"),
                         "drop the --set, or leave one of the rows out of the file");
      return;
    }
  }

  bool template_tells_replicates() const {
    return sweep_.name && sweep_.name->text.find("{replicate}") != std::string::npos;
  }

  // What stands for {replicate} in the template, if anything but its value should.
  std::optional<std::string> base_name(const Row& row, const Settings& settings,
                                       const std::optional<Value>& replicate) {
    if (!sweep_.name) return row_name(row, sweep_);
    const auto lookup = [&](const std::string& key) -> std::optional<Value> {
      if (key == "index") return Value(index_);
      if (key == "id" && !row.id.empty()) return Value(row.id);
      if (key == "replicate" && replicate) return replicate;
      auto value = value_of(key, settings);
      if (auto* found = std::get_if<Value>(&value)) return std::move(*found);
      return std::nullopt;
    };
    return fill_template(sweep_.name->text, sweep_.name->at, lookup, diagnostics_);
  }

  std::optional<std::string> name_of(const Row& row, const Settings& settings) {
    const std::optional<std::string> name = base_name(row, settings, std::nullopt);
    if (!name || sweep_.replicates == 1 || template_tells_replicates()) return name;
    return *name + "-r" + shown(settings.values.at("replicate").value);
  }

  // `full` for full-r0 and full-r1, `c14-*-full` for c14-0-full and c14-1-full.
  std::string shared_name_of(const Row& row, const Settings& settings) {
    if (sweep_.replicates == 1) return "";
    return base_name(row, settings, Value("*")).value_or("");
  }

  void check_name(const Row& row, const std::string& name) {
    const Position& at = sweep_.name ? sweep_.name->at : row.at;
    const std::string error = name_error("run", name);
    if (!error.empty()) diagnostics_.error(at, error);
    if (names_.insert(name).second || !sweep_.unread.empty()) return;
    diagnostics_.error(at, "two runs are named '" + name + "'",
                       "a name template must tell all runs apart; {index} always does");
  }

  bool hangs_on_unread(const std::vector<std::string>& names) const {
    return std::any_of(names.begin(), names.end(),
                       [&](const std::string& name) { return sweep_.unread.count(name) != 0; });
  }

  void check_geometry(const Row& row, const Settings& settings, const Run& run) {
    for (const GeometryError& error : geometry_errors(run.parameters)) {
      if (hangs_on_unread(error.parameters)) continue;
      // Shown where the strongest of the compared values stands.
      const Assigned* strongest = nullptr;
      std::vector<std::string> origins;
      for (const std::string& name : error.parameters) {
        const Assigned& value = settings.values.at(name);
        origins.push_back(with_origin(name, value));
        if (strongest == nullptr || value.layer > strongest->layer) strongest = &value;
      }
      const bool has_place = strongest != nullptr && strongest->at.file != nullptr;
      failed_.add(has_place ? strongest->at : row.at, error.message + ": " + join(origins, ", "),
                  run.name);
    }
  }

  void check_expressions(const Row& row, const Settings& settings, const std::string& run_name) {
    for (const Rule& rule : sweep_.checks) {
      std::vector<std::string> names;
      for (const auto& [name, offset] : rule.expression.names()) names.push_back(name);
      if (hangs_on_unread(names)) continue;
      const auto value = evaluate_rule(
          rule, [&](const std::string& name) { return value_of(name, settings); }, run_name,
          diagnostics_);
      if (!value) continue;
      const bool* holds = value->get_if<bool>();
      if (holds == nullptr) {
        diagnostics_.error(rule.text_at, "check: expected true or false, got " + shown(*value));
      } else if (!*holds) {
        failed_.add(rule.text_at, failed_check(rule, settings, row), run_name);
      }
    }
  }

  std::string failed_check(const Rule& rule, const Settings& settings, const Row& row) const {
    std::vector<std::string> values;
    for (const auto& [name, offset] : rule.expression.names()) {
      if (const auto found = settings.values.find(name); found != settings.values.end()) {
        values.push_back(with_origin(name, found->second));
      } else if (const auto derived = settings.derived.find(name);
                 derived != settings.derived.end()) {
        values.push_back(name + " = " + shown(derived->second));
      }
    }
    return concat("check failed: ", rule.expression.text(), " with ", join(values, ", "),
                  " in the row at ", place(row.at));
  }

  const SweepFile& sweep_;
  Diagnostics& diagnostics_;
  RowResolver rows_;
  FailedChecks failed_;
  std::set<std::string> seen_rows_;
  std::set<std::string> names_;
  /// Name and row of the first run of each configuration.
  std::map<std::string, std::pair<std::string, Assignments>> first_rows_;
  std::int64_t index_ = 0;
  std::vector<Run> runs_;
};

}  // namespace

std::vector<Run> resolve_runs(const SweepFile& sweep, const Schemas& schemas,
                              const ModelFacts& facts, Diagnostics& diagnostics) {
  return SweepResolver(sweep, schemas, facts, diagnostics).run();
}

}  // namespace cox::sweep
