#include "coordinator/sweep/load_sweep.h"

#include <algorithm>
#include <utility>

#include "base/text.h"
#include "coordinator/sweep/inputs.h"
#include "coordinator/sweep/read_sweep.h"
#include "coordinator/sweep/resolve.h"
#include "coordinator/sweep/schema.h"
#include "coordinator/sweep/sources.h"

namespace cox::sweep {

namespace {

/// What a baseline or a table's row may name: a run, or replicates by the name that they share.
std::vector<std::string> run_names(const std::vector<Run>& runs) {
  std::vector<std::string> names;
  std::string last;
  for (const Run& run : runs) {
    names.push_back(run.name);
    if (run.shared_name.empty() || run.shared_name == last) continue;
    last = run.shared_name;
    names.push_back(last);
  }
  return names;
}

void check_run_name(const std::string& name, const Position& at, const char* what,
                    const std::vector<std::string>& names, Diagnostics& diagnostics) {
  if (std::find(names.begin(), names.end(), name) != names.end()) return;
  diagnostics.error(at,
                    concat(what, ": no run '", name, "' in this sweep", did_you_mean(name, names)));
}

// A baseline `series/run` may belong to another sweep; any other name must be a run of this one.
void check_references(const SweepFile& sweep, const std::vector<Run>& runs,
                      Diagnostics& diagnostics) {
  const std::vector<std::string> names = run_names(runs);
  if (sweep.baseline) {
    const std::string own = sweep.series.name + "/";
    const bool is_own = starts_with(sweep.baseline->text, own);
    const std::string name =
        is_own ? sweep.baseline->text.substr(own.size()) : sweep.baseline->text;
    if (is_own || name.find('/') == std::string::npos) {
      check_run_name(name, sweep.baseline->at, "baseline", names, diagnostics);
    }
  }
  for (const TableSection& section : sweep.tables) {
    for (size_t i = 0; i < section.table.rows.size(); ++i) {
      check_run_name(section.table.rows[i], section.rows_at[i], "tables", names, diagnostics);
    }
  }
}

SweepPlan plan_of(const SweepFile& sweep, std::string text, std::vector<Run> runs) {
  SweepPlan plan;
  plan.series = sweep.series;
  plan.text = std::move(text);
  plan.runs = std::move(runs);
  plan.baseline = sweep.baseline ? sweep.baseline->text : "";
  for (const TableSection& section : sweep.tables) plan.tables.push_back(section.table);
  plan.priority = sweep.priority;
  plan.retry = sweep.retry;
  plan.policy = sweep.policy;
  plan.resources = sweep.resources;
  return plan;
}

Status add_inputs(const SweepFile& sweep, SweepPlan& plan, Diagnostics& diagnostics) {
  COX_ASSIGN_OR_RETURN(plan.dataset, resolve_dataset(sweep.dataset, diagnostics));
  check_video_lengths(plan.dataset, plan.runs, sweep.dataset.manifest.at, diagnostics);
  COX_ASSIGN_OR_RETURN(plan.model, resolve_model(sweep.backbone, plan.runs, diagnostics));
  for (Run& run : plan.runs) run.digest = run_digest(run, plan.model);
  return diagnostics.status();
}

Result<SweepPlan> load(const std::string& path, const LoadOptions& options, bool with_inputs) {
  COX_ASSIGN_OR_RETURN(const Schemas schemas, load_schemas());
  Diagnostics diagnostics;
  Sources sources;
  COX_ASSIGN_OR_RETURN(Node root, sources.read(path, diagnostics));
  root = with_best(std::move(root), options.find_best, schemas, sources, diagnostics);
  const auto overrides = sources.read_overrides(options.overrides, diagnostics);
  COX_RETURN_IF_ERROR(diagnostics.status());

  const SweepFile sweep =
      read_sweep(std::move(root), overrides, schemas, sources.main_file(), diagnostics);
  COX_RETURN_IF_ERROR(diagnostics.status());

  std::vector<Run> runs = resolve_runs(sweep, schemas, diagnostics);
  check_references(sweep, runs, diagnostics);
  COX_RETURN_IF_ERROR(diagnostics.status());

  SweepPlan plan = plan_of(sweep, sources.all_text(), std::move(runs));
  if (with_inputs) COX_RETURN_IF_ERROR(add_inputs(sweep, plan, diagnostics));
  return plan;
}

}  // namespace

Result<SweepPlan> load_sweep(const std::string& path, const LoadOptions& options) {
  return load(path, options, true);
}

Result<SweepPlan> load_sweep_without_inputs(const std::string& path, const LoadOptions& options) {
  return load(path, options, false);
}

}  // namespace cox::sweep
