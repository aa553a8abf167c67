#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "coordinator/sweep/diagnostics.h"
#include "coordinator/sweep/expression.h"
#include "coordinator/sweep/plan.h"
#include "coordinator/sweep/schema.h"
#include "record/stop_rule.h"
#include "record/value.h"

namespace cox::sweep {

/// Where a value comes from, weakest first: a later layer wins, except that `kDerive` fills only
/// what none of the layers from `kMatrix` to `kRuns`, nor `kSet`, has set.
enum class Layer {
  kSchema,
  kPreset,
  kExtends,
  kParams,
  kMethodParams,
  kDerive,
  kMatrix,
  kZip,
  kSample,
  kInclude,
  kRuns,
  kReplicates,
  kSet
};

const char* layer_name(Layer layer);

/// A value that a sweep gives to a parameter, or to `method`.
struct Assigned {
  Value value;
  Position at;  ///< of the value; no file for a schema's default or a preset
  Layer layer = Layer::kSchema;
};

using Assignments = std::map<std::string, Assigned>;

/// One dimension of a grid: each point assigns one parameter, or several that are zipped.
struct Axis {
  std::vector<Assignments> points;
  std::vector<std::string> names;  ///< of the points, for `sample`; empty = named by their values
};

/// A cross product of axes.
struct Grid {
  Position at;
  std::vector<Axis> axes;
};

struct NamedRow {
  std::string id;
  Position at;
  Assignments values;
  std::map<std::string, std::string> labels;
};

struct IncludeRow {
  Position at;
  Assignments values;
};

/// An expression of the file, and under `derive` and `when` the name that it is for.
struct Rule {
  std::string name;
  Position name_at;
  Expression expression;
  Position text_at;  ///< of the expression's first character
};

/// Returns the position of an offset in the expression.
Position position_in(const Rule& rule, size_t offset);

struct LocatedText {
  std::string text;
  Position at;
};

struct DatasetSection {
  Position at;
  LocatedText manifest;  ///< the path, relative to the working directory
  std::string name;      ///< "" = the manifest's
  std::vector<LocatedText> include;
  std::vector<LocatedText> exclude;
  std::optional<std::int64_t> max_videos;
  std::vector<LocatedText> expected_failures;
};

struct LoraSection {
  LocatedText file;
  double multiplier = 1;
};

struct BackboneSection {
  Position at;
  std::string name;
  LocatedText model;
  std::vector<LoraSection> loras;
  std::map<std::string, LocatedText> weights;  ///< by metric
};

struct TableSection {
  ResultTable table;
  std::vector<Position> rows_at;
};

struct RetentionSection {
  Retention keep;
  std::vector<Position> items_at;  ///< of each of its items
  Position at = {};
};

/// A sweep file as written, typed but not yet expanded.
struct SweepFile {
  /// Whether rows can be resolved: either everything was read, or only the values of `unread` are
  /// missing.
  bool can_be_resolved = true;
  std::set<std::string> unread;  ///< parameters whose value is unknown, because it was reported
  Position at;
  Series series;
  std::optional<LocatedText> method;
  DatasetSection dataset;
  BackboneSection backbone;
  const Preset* preset = nullptr;
  std::string waits_for;  ///< what this version lacks to run the sweep; "" = nothing

  Assignments params;
  std::map<std::string, Assignments> method_params;  ///< by method, or `trains`
  std::vector<Grid> grids;  ///< of `matrix`, `zip` and `sample`; none = no grid
  std::vector<NamedRow> runs;
  std::vector<IncludeRow> include;
  std::vector<IncludeRow> exclude;
  std::vector<Rule> derive;
  std::vector<Rule> checks;
  std::vector<Rule> when;
  Assignments overrides;

  std::optional<LocatedText> name;
  std::int64_t replicates = 1;
  Position replicates_at;
  std::optional<LocatedText> baseline;
  std::vector<LocatedText> controls;
  std::vector<EquivalenceMargin> equivalence;
  std::vector<TableSection> tables;
  RetentionSection keep;
  RetryLimits retry;
  FailurePolicy policy;
  StopRule stop_rule;
  DurationUs job_time_limit_us = 0;  ///< 0 = from measured times, -1 = none
  std::int32_t priority = 0;
  Resources resources;
  std::map<std::string, std::string> labels;
};

}  // namespace cox::sweep
