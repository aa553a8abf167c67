#include "coordinator/sweep/resolve_runs.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <set>
#include <utility>

#include "coordinator/sweep/expand.h"
#include "coordinator/sweep/read_value.h"
#include "coordinator/sweep/run_checks.h"
#include "coordinator/sweep/run_names.h"
#include "coordinator/sweep/settings.h"

namespace cox::sweep {

namespace {

constexpr const char* kMaxVideosKey = "max_videos";

Origin origin_of(const Assigned& value, const ParameterSchema& schema, const Preset* preset) {
  if (value.at.file != nullptr) {
    return {value.at.file->path, value.at.line, value.at.column, layer_name(value.layer)};
  }
  const bool from_preset = value.layer == Layer::kPreset && preset != nullptr;
  return {from_preset ? fmt::format("schemas/presets/{}.yaml", preset->name) : schema.file, 0, 0,
          layer_name(value.layer)};
}

Run run_of(const SweepFile& sweep, const Row& row, const Settings& settings) {
  Run run;
  run.method = settings.method->name;
  run.labels = sweep.labels;
  for (const auto& [name, text] : row.labels) run.labels[name] = text;
  for (const auto& [name, value] : settings.values) {
    const ParameterSchema& schema = settings.method->parameters.at(name);
    if (schema.role == Role::kLabel) {
      if (value.layer != Layer::kSchema) run.labels[name] = shown(value.value);
      if (name == kMaxVideosKey) run.max_videos = *value.value.get_if<std::int64_t>();
    } else {
      run.parameters[name] = value.value;
    }
    run.origins[name] = origin_of(value, schema, sweep.preset);
  }
  return run;
}

/// Returns the settings of each replicate; just `settings` without replicates, and of a control,
/// which draws no noise.
std::vector<Settings> replicates_of(const SweepFile& sweep, const Settings& settings,
                                    Diagnostics& diagnostics) {
  if (sweep.replicates == 1) return {settings};
  const auto given = settings.values.find("replicate");
  if (given != settings.values.end() && given->second.layer != Layer::kSchema) {
    diagnostics.error(given->second.at, "`replicates` sets the parameter 'replicate'; drop one");
  }
  if (settings.method->control) return {settings};
  std::vector<Settings> all;
  for (std::int64_t replicate = 0; replicate < sweep.replicates; ++replicate) {
    all.push_back(settings);
    all.back().values["replicate"] = {replicate, sweep.replicates_at, Layer::kReplicates};
  }
  return all;
}

/// Skips rows that were seen: where `when` switches a parameter off, grid points that differ only
/// in it are one.
class SeenRows {
 public:
  bool is_new(const Row& row) {
    Parameters values;
    for (const auto& [name, value] : row.values) values[name] = value.value;
    return rows_.insert(row.id + "\n" + canonical_parameters(values)).second;
  }

 private:
  std::set<std::string> rows_;
};

/// Reports rows that differ only in what `--set` replaces: one configuration under two names.
class OverriddenRows {
 public:
  OverriddenRows(const SweepFile& sweep, Diagnostics& diagnostics)
      : sweep_(sweep), diagnostics_(diagnostics) {}

  void check(const Row& row, const Run& run) {
    if (sweep_.overrides.empty() || row.id.empty()) return;
    const auto [first, is_new] =
        first_rows_.emplace(std::pair(run.method, canonical_parameters(run.parameters)),
                            std::pair(run.name, row.values));
    if (is_new) return;
    const auto& [first_name, first_values] = first->second;
    for (const auto& [name, set] : sweep_.overrides) {
      const auto theirs = first_values.find(name);
      const auto own = row.values.find(name);
      const bool in_first = theirs != first_values.end();
      const bool in_own = own != row.values.end();
      if (!in_first && !in_own) continue;
      if (in_first && in_own && theirs->second.value == own->second.value) continue;
      diagnostics_.error((in_own ? own : theirs)->second.at,
                         fmt::format("--set {} makes run '{}' equal to run '{}', which differs in "
                                     "'{}'",
                                     set.at.file->lines.front(), run.name, first_name, name),
                         "drop the --set, or remove one of the rows from the file");
      return;
    }
  }

 private:
  const SweepFile& sweep_;
  Diagnostics& diagnostics_;
  /// Name and row of the first run of each method and parameters.
  std::map<std::pair<std::string, std::string>, std::pair<std::string, Assignments>> first_rows_;
};

/// Reports a `--set` of a parameter that no run has.
void check_overrides(const SweepFile& sweep, const std::vector<Run>& runs,
                     Diagnostics& diagnostics) {
  for (const auto& [name, value] : sweep.overrides) {
    const bool used = std::any_of(runs.begin(), runs.end(), [&key = name](const Run& run) {
      return key == "method" || run.origins.count(key) != 0;
    });
    if (used || !diagnostics.ok()) continue;
    diagnostics.error(value.at,
                      fmt::format("--set: no run of this sweep has the parameter '{}'", name));
  }
}

}  // namespace

std::vector<Run> resolve_runs(const SweepFile& sweep, const Schemas& schemas,
                              const ModelFacts& facts, Diagnostics& diagnostics) {
  SettingsResolver resolver(sweep, schemas, facts, diagnostics);
  RunNames names(sweep, diagnostics);
  RunChecks checks(sweep, diagnostics);
  OverriddenRows overridden(sweep, diagnostics);
  SeenRows seen;
  std::vector<Run> runs;
  std::int64_t index = 0;
  for (Row& row : expand_rows(sweep, diagnostics)) {
    const auto resolved = resolver.resolve(row);
    if (!resolved || (!sweep.when.empty() && !seen.is_new(row))) continue;
    ++index;
    for (const Settings& settings : replicates_of(sweep, *resolved, diagnostics)) {
      const auto name = names.name_of(row, settings, index);
      if (!name) continue;
      Run run = run_of(sweep, row, settings);
      run.name = *name;
      run.shared_name = names.shared_name_of(row, settings, index);
      overridden.check(row, run);
      checks.check(row, settings, run);
      runs.push_back(std::move(run));
    }
  }
  checks.report();
  check_overrides(sweep, runs, diagnostics);
  return runs;
}

}  // namespace cox::sweep
