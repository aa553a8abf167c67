#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "base/status.h"
#include "base/value.h"
#include "record/limits.h"
#include "record/model.h"
#include "record/submission.h"
#include "record/video.h"

namespace cox::sweep {

/// Where a value was written, for messages and for `cox plan`.
struct Origin {
  std::string file;  ///< as it was opened; "--set" for the command line
  int line = 0;      ///< from 1; 0 for a schema's default or a preset
  int column = 0;    ///< from 1, likewise
  /// schema, preset, extends, params, method_params, matrix, zip, include, runs, derive, replicates
  /// or set
  std::string layer;
};

/// One fully resolved configuration. Its digest covers method, every parameter whose role is not
/// `label`, the digests of model, LoRA files and the weights of its metrics, and the versions of
/// schemas/versions.def.
struct Run {
  std::string name;         ///< unique in its series
  std::string shared_name;  ///< of all replicates that it is one of; "" without replicates
  std::string digest;       ///< 64 hexadecimal characters
  std::string method;
  Parameters parameters;                  ///< all of them, labels left out
  std::map<std::string, Origin> origins;  ///< by parameter name
  std::map<std::string, std::string> labels;
};

/// One item of the data set, with what the plan's price and checks need.
struct PlannedVideo : Video {
  std::int64_t frames = 0;  ///< decoded frames; 0 when the file cannot be decoded
  double frame_rate = 0;
};

struct Dataset {
  std::string name;
  std::string digest;  ///< over ids, digests and captions, in order
  std::vector<PlannedVideo> videos;
  std::vector<std::string> expected_failures;  ///< ids whose jobs may fail with cause data
};

struct Series {
  std::string name;
  std::int64_t number = 0;  ///< a label; 0 when not given
  std::string title;
  std::map<std::string, std::string> labels;
};

/// Runs that compute the same although their settings differ, and where they differ.
struct EqualRuns {
  std::vector<std::string> names;
  std::vector<std::string> parameters;
};

/// A sweep file, resolved: everything that a submission needs.
struct SweepPlan {
  Series series;
  std::string text;  ///< the files as read, each headed by its path
  Dataset dataset;
  ModelFiles model;
  std::vector<Run> runs;              ///< in the order of the file; two names may share one digest
  std::string baseline;               ///< run name, or `series/run`; "" when not given
  std::vector<std::string> controls;  ///< runs that reports keep apart from what is asked
  std::vector<EquivalenceMargin> equivalence;
  std::vector<ResultTable> tables;
  std::int32_t priority = 0;
  RetryLimits retry;
  FailurePolicy policy;
  Resources resources;
  std::vector<std::string> notes;          ///< what a person should know of its videos
  std::vector<EqualRuns> equal_in_effect;  ///< runs with different digests
};

/// Whether a run with these parameters measures `metric`.
bool measures(const Parameters& parameters, const std::string& metric);

/// The files that a run with these parameters reads: `model` without the weights of metrics that it
/// does not measure. Only these enter its digest.
ModelFiles files_of(const Parameters& parameters, const ModelFiles& model);

/// "sweeps/a.yaml:12:9 (matrix)", "default of schemas/run.yaml", "--set".
std::string origin_text(const Origin& origin);

/// The origins of a run's parameters as JSON, {layer, file, line, column} by name, without schema
/// defaults: those follow from the method.
std::string origins_json(const Run& run);
/// The opposite. kInvalidArgument for text of another form.
Result<std::map<std::string, Origin>> origins_from_json(const std::string& text);

/// The digests of the LoRA files in their order, each with its multiplier unless that is 1; "" for
/// none.
std::string lora_identity(const ModelFiles& model);

/// The digest of a run: see docs/sweep_files.md, "Identity". `run.name`, `labels` and `origins` do
/// not enter it.
std::string run_digest(const Run& run, const ModelFiles& model);

/// The digest of `run` on `video`: run digest, the video's id (it keys random draws) and content
/// digest, and the prompt that the run uses.
std::string job_digest(const Run& run, const Video& video);

}  // namespace cox::sweep
