#pragma once

#include <array>
#include <compare>
#include <cstdint>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <string_view>
#include <tuple>
#include <vector>

#include "base/status.h"
#include "coordinator/report/data/metrics.h"
#include "coordinator/report/data/query.h"
#include "record/stage_timings.h"

namespace cox::report {

/// The stages with separate wall seconds, as columns of v_results, in order of execution.
inline constexpr auto kStages = std::apply(
    [](const auto&... field) { return std::array{field.name...}; }, StageTimings::fields());

bool is_stage(std::string_view column);

/// The columns of v_results that record with what and on what a result was computed, those of
/// record/provenance.h that many results share. The model is a property of the run.
std::vector<std::string> environment_columns();

/// Text by column of environment_columns(), without what is not recorded. Timings compare only
/// within one environment.
using Environment = std::map<std::string, std::string>;

/// The text in a column; "" when it is not recorded.
std::string in_environment(const Environment& environment, const std::string& column);

/// One finished item of a run.
struct VideoResult {
  std::string video;
  std::string digest;                            ///< of the video file; "" for a prompt
  std::vector<std::string> dimensions;           ///< of a benchmark that the item is for
  std::map<std::string, double> metrics;         ///< by name; finite ones
  std::map<std::string, std::string> nonfinite;  ///< metric to nan, inf or -inf
  std::array<double, kStages.size()> seconds{};  ///< NaN where the stage's time was not finite
  std::int64_t scored_frames = 0;
  double steps_run = 0;  ///< of an average over replicates their mean, as all numbers here
  double best_step = 0;
  /// Digests of the pixels that it was scored against: several when the replicates of an average
  /// differ in them, none when they were not recorded.
  std::set<std::string> reference_digests;
  std::int64_t time_us = 0;
  std::shared_ptr<const Environment> environment;  ///< results share it; null when none is recorded
};

/// A video of the run's data set without a result.
struct Unfinished {
  std::string video;
  std::string state;
  std::string cause;  ///< "" unless it failed
  std::string message;
  bool expected = false;  ///< the sweep said that this video may fail

  /// Whether it stays without a result until a person queues its job again.
  bool has_ended() const {
    return state == "failed" || state == "quarantined" || state == "cancelled" ||
           state == "stopped";
  }
};

/// A run of a series with everything that a report needs of it, or the average of such runs.
struct RunData {
  std::string series;
  std::string name;
  std::string digest;  ///< of an average those of its replicates, joined by +
  std::string method;
  std::string backbone;
  std::string model_digest;
  std::string lora_digest;  ///< of each file, with multipliers; "" without
  /// Digests of the weights that its metrics are computed with, by column (data/metrics.h). A
  /// metric that it does not measure has "" there, or no entry.
  std::map<std::string, std::string> weights_digests;
  std::string preset;  ///< the study that it repeats (`replicate:` in its sweep); "" = none
  std::string dataset;
  std::string dataset_digest;
  std::string item = "video";           ///< the word for what its data set holds: or "prompt"
  std::int64_t engine_semantics = 0;    ///< of schemas/versions.def at submission; 0 = not recorded
  std::int64_t metric_definitions = 0;  ///< likewise
  std::map<std::string, std::string> parameters;  ///< name to canonical JSON
  std::vector<VideoResult> results;               ///< in the order of the data set
  std::vector<Unfinished> unfinished;             ///< likewise
  std::vector<RunData> replicates;                ///< what this averages; none for a run as it ran

  std::size_t videos() const { return results.size() + unfinished.size(); }
  std::string full_name() const { return series + "/" + name; }
};

/// The current runs of a series in the order of its sweep, or the one named `run`, as they are at
/// one moment. kNotFound when there is none.
Result<std::vector<RunData>> load_runs(const Query& query, const std::string& series,
                                       const std::string& run = "");

/// The parameters of a run, each as canonical JSON, from the JSON object in v_runs. kInternal when
/// it is something else.
Result<std::map<std::string, std::string>> parameters_of(const std::string& json);

/// The metric of that name; with "" the first that the runs measured, which is psnr where it was.
Result<Metric> metric_or_default(const std::string& name, const std::vector<RunData>& runs);

/// The metrics that any of the runs measured, finite or not: first those with a column of their
/// own, then by name.
std::vector<std::string> measured_metrics(const std::vector<RunData>& runs);

}  // namespace cox::report
