#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "base/status.h"
#include "base/value.h"

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
/// `label` (those of added_parameters.h only off their default), the digests of model, LoRA files
/// and LPIPS weights, and the versions of schemas/versions.def.
struct Run {
  std::string name;         ///< unique in its series
  std::string shared_name;  ///< of all replicates that it is one of; "" without replicates
  std::string digest;       ///< 64 hexadecimal characters
  std::string method;
  Parameters parameters;                  ///< all of them, labels left out
  std::map<std::string, Origin> origins;  ///< by parameter name
  std::map<std::string, std::string> labels;
};

/// One item of a data set.
struct Video {
  std::string id;
  std::string path;    ///< absolute
  std::string digest;  ///< SHA-256 of the file
  std::string caption;
  std::int64_t frames = 0;  ///< decoded frames; 0 when the file cannot be decoded
  double frame_rate = 0;
};

struct Dataset {
  std::string name;
  std::string digest;  ///< over ids, digests and captions, in order
  std::vector<Video> videos;
  std::vector<std::string> expected_failures;  ///< ids whose jobs may fail with cause data
};

/// A LoRA file that acts beside the model's weights.
struct Lora {
  std::string path;    ///< absolute
  std::string digest;  ///< SHA-256 of the file
  double multiplier = 1;
};

struct Model {
  std::string backbone;              ///< a name of schemas/backbones
  std::string directory;             ///< absolute
  std::string digest;                ///< sha256_of_directory
  std::vector<Lora> loras;           ///< in the order in which their terms are added
  std::string lpips_weights;         ///< absolute path, "" when LPIPS is not asked for
  std::string lpips_weights_digest;  ///< SHA-256 of the file
};

struct Series {
  std::string name;
  std::int64_t number = 0;  ///< a label; 0 when not given
  std::string title;
  std::map<std::string, std::string> labels;
};

struct RetryLimits {
  std::uint32_t crash = 2;
  std::uint32_t oom = 1;
  std::uint32_t lost = 10;
  std::int64_t backoff_base_ms = 1'000;
  std::int64_t backoff_max_ms = 600'000;
};

struct FailurePolicy {
  bool fail_fast = false;
  std::uint32_t max_failed_jobs = 0;  ///< 0 = no bound
};

/// What a worker must have to be given the sweep's jobs. Never identity.
struct Resources {
  std::uint32_t gpus = 0;             ///< 0 = a processor will do, 1 = a GPU
  std::int64_t gpu_memory_bytes = 0;  ///< of the GPU
  std::int64_t memory_bytes = 0;      ///< of the machine
};

/// A column list over named rows, for the result table of `cox run` and `cox results`.
struct Table {
  std::string title;
  std::vector<std::string> rows;
  std::vector<std::string> columns;
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
  Model model;
  std::vector<Run> runs;  ///< in the order of the file; two names may share one digest
  std::string baseline;   ///< run name, or `series/run`; "" when not given
  std::vector<Table> tables;
  std::int32_t priority = 0;
  RetryLimits retry;
  FailurePolicy policy;
  Resources resources;
  std::vector<std::string> notes;          ///< what a person should know of its videos
  std::vector<EqualRuns> equal_in_effect;  ///< runs with different digests
};

/// Whether a run with these parameters measures LPIPS. Only then do the LPIPS weights enter its
/// digest.
bool asks_for_lpips(const Parameters& parameters);

/// "sweeps/a.yaml:12:9 (matrix)", "default of schemas/run.yaml", "--set".
std::string origin_text(const Origin& origin);

/// The origins of a run's parameters as JSON, {layer, file, line, column} by name, without schema
/// defaults: those follow from the method.
std::string origins_json(const Run& run);
/// The opposite. kInvalidArgument for text of another form.
Result<std::map<std::string, Origin>> origins_from_json(const std::string& text);

/// The digests of the LoRA files in their order, each with its multiplier unless that is 1; "" for
/// none.
std::string lora_identity(const Model& model);

/// The digest of a run: see docs/sweep_files.md, "Identity". `run.name`, `labels` and `origins` do
/// not enter it.
std::string run_digest(const Run& run, const Model& model);

/// The digest of `run` on `video`: run digest, the video's id (it keys random draws) and content
/// digest, and the prompt that the run uses.
std::string job_digest(const Run& run, const Video& video);

/// The prompt that `run` uses on `video`.
std::string prompt_of(const Run& run, const Video& video);

}  // namespace cox::sweep
