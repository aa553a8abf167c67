#include "coordinator/sweep/load_sweep.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>
#include <utility>

#include "base/text.h"
#include "coordinator/sweep/effective.h"
#include "coordinator/sweep/external_videos.h"
#include "coordinator/sweep/identity.h"
#include "coordinator/sweep/inputs.h"
#include "coordinator/sweep/model_facts.h"
#include "coordinator/sweep/notes.h"
#include "coordinator/sweep/read_sweep.h"
#include "coordinator/sweep/resolve_runs.h"
#include "coordinator/sweep/schema.h"
#include "coordinator/sweep/sources.h"
#include "coordinator/sweep/tasks.h"
#include "coordinator/sweep/waiting_sweep.h"
#include "record/parameter.h"
#include "schemas/backbone_schema.h"

namespace cox::sweep {

namespace {

/// The names that a baseline, a control or a table's row may have: of a run, or shared by
/// replicates.
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
  diagnostics.error(
      at, fmt::format("{}: no run '{}' in this sweep{}", what, name, did_you_mean(name, names)));
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
  for (const LocatedText& control : sweep.controls) {
    check_run_name(control.text, control.at, "controls", names, diagnostics);
  }
  for (const TableSection& section : sweep.tables) {
    for (size_t i = 0; i < section.table.rows.size(); ++i) {
      check_run_name(section.table.rows[i], section.rows_at[i], "tables", names, diagnostics);
    }
  }
}

/// The runs that the sweep calls controls, and those whose method is one.
std::vector<std::string> controls_of(const SweepFile& sweep, const std::vector<Run>& runs,
                                     const Schemas& schemas) {
  std::vector<std::string> names;
  for (const LocatedText& control : sweep.controls) names.push_back(control.text);
  for (const Run& run : runs) {
    const bool is_named = std::find(names.begin(), names.end(), run.name) != names.end();
    if (schemas.find_method(run.method)->control && !is_named) names.push_back(run.name);
  }
  return names;
}

/// Baseline and controls: what the others are compared with must stay.
std::vector<std::string> spared_by_rule(const SweepPlan& plan) {
  std::vector<std::string> spared;
  if (!plan.stop_rule.is_set()) return spared;
  const std::string own = plan.series.name + "/";
  const std::string baseline =
      starts_with(plan.baseline, own) ? plan.baseline.substr(own.size()) : plan.baseline;
  std::vector<std::string> names = plan.controls;
  names.push_back(baseline);
  for (const Run& run : plan.runs) {
    const bool is_named = std::any_of(names.begin(), names.end(), [&](const std::string& name) {
      return !name.empty() && (name == run.name || name == run.shared_name);
    });
    if (is_named) spared.push_back(run.name);
  }
  return spared;
}

SweepPlan plan_of(const SweepFile& sweep, const Schemas& schemas, std::string text,
                  std::vector<Run> runs) {
  SweepPlan plan;
  plan.series = sweep.series;
  plan.text = std::move(text);
  plan.runs = std::move(runs);
  plan.baseline = sweep.baseline ? sweep.baseline->text : "";
  plan.controls = controls_of(sweep, plan.runs, schemas);
  plan.equivalence = sweep.equivalence;
  for (const TableSection& section : sweep.tables) plan.tables.push_back(section.table);
  plan.keep = sweep.keep.keep;
  plan.priority = sweep.priority;
  plan.retry = sweep.retry;
  plan.policy = sweep.policy;
  plan.resources = sweep.resources;
  plan.job_time_limit_us = sweep.job_time_limit_us;
  plan.stop_rule = sweep.stop_rule;
  plan.stop_rule.spared = spared_by_rule(plan);
  plan.written = {sweep.dataset.manifest.text, sweep.backbone.name, sweep.backbone.model.text,
                  sweep.dataset.max_videos};
  return plan;
}

/// The items to keep must be videos of the data set.
void check_kept_items(const RetentionSection& section, const Dataset& dataset,
                      Diagnostics& diagnostics) {
  std::vector<std::string> ids;
  for (const PlannedVideo& video : dataset.videos) ids.push_back(video.id);
  const std::set<std::string> known(ids.begin(), ids.end());
  for (std::size_t i = 0; i < section.keep.items.size(); ++i) {
    const std::string& id = section.keep.items[i];
    if (known.contains(id)) continue;
    diagnostics.error(section.items_at[i], fmt::format("keep: no item '{}' in the data set{}", id,
                                                       did_you_mean(id, ids)));
  }
}

/// The best runs are chosen by a metric that a run measures: by default psnr, which needs true
/// frames.
void check_kept_metric(const SweepFile& sweep, const std::vector<Run>& runs,
                       Diagnostics& diagnostics) {
  const Retention& keep = sweep.keep.keep;
  if (keep.kind != Retention::Kind::kBest || runs.empty()) return;
  const bool is_measured = std::any_of(runs.begin(), runs.end(), [&](const Run& run) {
    return measures(run.parameters, keep.metric);
  });
  if (is_measured) return;
  diagnostics.error(sweep.keep.at,
                    fmt::format("keep: the best runs by {}, which no run measures; write keep: "
                                "{{best: {}, metric: NAME}} with a metric of the runs",
                                keep.metric, keep.runs));
}

/// "max_videos: runs A, B would take the first 50 items; there are 45", or nothing.
std::vector<std::string> taken_notes(const SweepPlan& plan) {
  constexpr std::size_t kMaxNamed = 5;
  std::map<std::int64_t, std::vector<std::string>> names;
  for (const Run& run : plan.runs) {
    const bool takes_fewer = run.labels.contains("max_videos");
    if (takes_fewer && run.max_videos > static_cast<std::int64_t>(plan.dataset.videos.size())) {
      names[run.max_videos].push_back(run.name);
    }
  }
  std::vector<std::string> notes;
  for (const auto& [most, of_runs] : names) {
    notes.push_back(fmt::format("max_videos: {} {} would take the first {} items; there are {}",
                                of_runs.size() == 1 ? "run" : "runs",
                                join_first(of_runs, kMaxNamed), most, plan.dataset.videos.size()));
  }
  return notes;
}

/// What chooses among runs would set results of fp8 against others.
void check_choice_among_dtypes(const SweepFile& sweep, const std::vector<Run>& runs,
                               const Position& at, Diagnostics& diagnostics) {
  const auto screens = [](const Run& run) { return parameter_is(run.parameters, "dtype", "fp8"); };
  const auto screening = std::count_if(runs.begin(), runs.end(), screens);
  if (screening == 0 || screening == std::ssize(runs)) return;
  const bool stops = sweep.stop_rule.is_set();
  const bool keeps = sweep.keep.keep.kind == Retention::Kind::kBest;
  if (!stops && !keeps) return;
  diagnostics.error(
      keeps ? sweep.keep.at : at,
      fmt::format("{}: {} of {} runs have dtype fp8, whose results are compared with each other "
                  "only; make two series",
                  keeps ? "keep: best" : "policy.stop_runs", screening, runs.size()));
}

void add_inputs(const SweepFile& sweep, const LoadOptions& options, SweepPlan& plan,
                Diagnostics& diagnostics) {
  const bool runs_are_right = diagnostics.ok();
  ResolvedDataset resolved = resolve_dataset(sweep.dataset, options.find_clips, diagnostics);
  plan.dataset = std::move(resolved.dataset);
  if (!plan.dataset.videos.empty()) check_kept_items(sweep.keep, plan.dataset, diagnostics);
  check_items(plan.dataset, plan.runs, sweep.dataset.manifest.at, diagnostics);
  if (runs_are_right) {
    check_video_lengths(plan.dataset, plan.runs, sweep.dataset.manifest.at, diagnostics);
    check_prompts(plan.dataset, plan.runs, sweep.dataset.manifest.at, diagnostics);
    plan.notes = notes_on(resolved.videos, plan.runs);
    for (std::string& note :
         resolve_external_videos(plan.dataset, sweep.dataset.manifest.at, plan.runs, diagnostics)) {
      plan.notes.push_back(std::move(note));
    }
    for (std::string& note : taken_notes(plan)) plan.notes.push_back(std::move(note));
  }
  if (options.find_parts) check_model_parts(sweep.backbone, diagnostics);
  plan.model = resolve_model(sweep.backbone, plan.runs, diagnostics);
  if (!diagnostics.ok()) return;
  for (Run& run : plan.runs) run.digest = run_digest(run, plan.model);
}

/// The sizes of the sweep's model that bound parameters; none when they cannot be read. A model
/// that is missing is reported with the other inputs.
ModelFacts facts_of(const BackboneSection& section, const Schemas& schemas,
                    Diagnostics& diagnostics) {
  const auto places = schemas.backbone_facts.find(section.name);
  if (places == schemas.backbone_facts.end() || section.model.text.empty()) return {};
  if (const Status status = check_family(section.model.text, *find_backbone(section.name));
      status.code() == StatusCode::kInvalidArgument) {
    diagnostics.error(section.model.at, status.message());
    return {};
  }
  auto facts = read_model_facts(section.model.text, places->second);
  if (facts.is_ok()) return std::move(facts).value();
  if (facts.status().code() != StatusCode::kNotFound) {
    diagnostics.error(section.model.at, facts.status().message());
  }
  return {};
}

std::string effect_of(const Run& run, const ModelFiles& model, const ModelFacts& facts) {
  Run effective;
  effective.method = run.method;
  effective.parameters = effective_parameters(run, facts);
  return run_digest(effective, model);
}

/// The name as written; "" when there is none, which is reported where the section is read.
std::string backbone_name(const Node& root, const std::vector<Override>& overrides) {
  for (const Override& override : overrides) {
    if (override.key == "backbone.name") return override.value.text;
  }
  const Node* section = root.find("backbone");
  const Node* name = section == nullptr || !section->is_map() ? nullptr : section->find("name");
  return name == nullptr || !name->is_scalar() ? "" : name->text;
}

void refuse_waiting(const SweepPlan& plan, const Position& at, Diagnostics& diagnostics) {
  diagnostics.error(
      at,
      fmt::format("series '{}' cannot run yet: it waits for {}", plan.series.name, plan.waits_for),
      "`cox validate` and `cox plan` accept it");
}

Result<SweepPlan> load(const std::string& path, const LoadOptions& options, bool with_inputs) {
  COX_ASSIGN_OR_RETURN(const Schemas every, load_schemas());
  Diagnostics diagnostics;
  Sources sources;
  COX_ASSIGN_OR_RETURN(Node root, sources.read(path, diagnostics));
  const auto overrides = sources.read_overrides(options.overrides, diagnostics);
  const Schemas schemas = every.on(backbone_name(root, overrides));
  if (root.find("waits_for") != nullptr) {
    SweepPlan plan = read_waiting_sweep(root, sources.all_text(), diagnostics);
    if (!options.accept_waiting) refuse_waiting(plan, root.at, diagnostics);
    COX_RETURN_IF_ERROR(diagnostics.status());
    return plan;
  }
  const BestTaken taken =
      with_best(std::move(root), options.find_best, schemas, sources, diagnostics);
  COX_RETURN_IF_ERROR(diagnostics.status());

  const SweepFile sweep =
      read_sweep(taken.root, overrides, schemas, sources.main_file(), diagnostics);
  ModelFacts facts;
  if (with_inputs) facts = facts_of(sweep.backbone, schemas, diagnostics);
  std::vector<Run> runs;
  if (sweep.can_be_resolved) runs = resolve_runs(sweep, schemas, facts, diagnostics);
  check_tasks_of_backbone(sweep, with_inputs ? sweep.backbone.model.text : "", runs, diagnostics);
  if (sweep.can_be_resolved && sweep.unread.empty()) check_references(sweep, runs, diagnostics);

  SweepPlan plan = plan_of(sweep, schemas, sources.all_text(), std::move(runs));
  const auto published = schemas.published_facts.find(sweep.backbone.name);
  check_kept_metric(sweep, plan.runs, diagnostics);
  check_choice_among_dtypes(sweep, plan.runs, taken.root.at, diagnostics);
  plan.facts = facts;
  if (facts.empty() && published != schemas.published_facts.end()) plan.facts = published->second;
  if (with_inputs) add_inputs(sweep, options, plan, diagnostics);
  COX_RETURN_IF_ERROR(diagnostics.status());
  for (Run& run : plan.runs) run.effect = effect_of(run, plan.model, facts);
  plan.equal_in_effect = equal_in_effect(plan.runs);
  for (std::string& note : overridden_notes(taken.values, plan.runs)) {
    plan.notes.push_back(std::move(note));
  }
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
