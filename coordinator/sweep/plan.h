#pragma once

#include <algorithm>
#include <cstdint>
#include <limits>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "coordinator/sweep/model_facts.h"
#include "coordinator/sweep/origin.h"
#include "record/limits.h"
#include "record/model.h"
#include "record/retention.h"
#include "record/stop_rule.h"
#include "record/submission.h"
#include "record/value.h"
#include "record/video.h"

namespace cox::sweep {

/// One fully resolved configuration. Its digest covers method, every parameter whose role is not
/// `label` (those of added_parameters.h only off their default), the digests of model, LoRA files
/// and the weights of its metrics, and the versions of schemas/versions.def.
struct Run {
  std::string name;         ///< unique in its series
  std::string shared_name;  ///< of all replicates that it is one of; "" without replicates
  std::string digest;       ///< 64 hexadecimal characters
  std::string effect;       ///< digest of what it computes: equal for runs that compute the same
  std::string method;
  Parameters parameters;  ///< all of them, labels left out
  Origins origins;
  std::map<std::string, std::string> labels;
  std::int64_t max_videos = std::numeric_limits<std::int64_t>::max();  ///< of the data set's items
};

/// One item of the data set, with the facts that checks and the price of a plan need.
struct PlannedVideo : Video {
  std::int64_t frames = 0;  ///< decoded frames; 0 when the file cannot be decoded
  double frame_rate = 0;
};

struct Dataset {
  std::string name;
  std::string digest;  ///< over ids, digests and captions, in order
  std::vector<PlannedVideo> videos;
  std::vector<std::string> expected_failures;  ///< ids whose jobs may fail with cause data

  /// The items that the run takes: the first `max_videos`.
  std::span<const PlannedVideo> videos_of(const Run& run) const {
    const auto most = static_cast<std::uint64_t>(run.max_videos);
    return std::span(videos).first(std::min<std::size_t>(videos.size(), most));
  }
};

struct Series {
  std::string name;
  std::int64_t number = 0;  ///< a label; 0 when not given
  std::string title;
  std::map<std::string, std::string> labels;
};

/// The sweep file's inputs as it names them, even if they were not read.
struct WrittenInputs {
  std::string manifest;
  std::string backbone;
  std::string model;
  std::optional<std::int64_t> max_videos;
};

/// Runs that compute the same although these parameters differ.
struct EqualRuns {
  std::vector<std::string> names;
  std::vector<std::string> parameters;
};

/// A sweep file, resolved: everything that a submission needs.
struct SweepPlan {
  Series series;
  std::string text;  ///< the files as read, each headed by its path
  /// What this version lacks to run the sweep; "" = nothing. A sweep that waits has no `runs`.
  std::string waits_for;
  std::vector<std::string> waiting_runs;  ///< their names
  WrittenInputs written;
  Dataset dataset;
  ModelFiles model;
  ModelFacts facts;       ///< of the model; those of the published one where it was not read
  std::vector<Run> runs;  ///< in the order of the file; two names may share one digest
  std::string baseline;   ///< run name, or `series/run`; "" when not given
  std::vector<std::string> controls;  ///< runs that reports list separately
  std::vector<EquivalenceMargin> equivalence;
  std::vector<ResultTable> tables;
  Retention keep;  ///< which generated videos stay on disk
  std::int32_t priority = 0;
  RetryLimits retry;
  FailurePolicy policy;
  Resources resources;
  DurationUs job_time_limit_us = 0;  ///< 0 = from measured times, -1 = none
  StopRule stop_rule;
  std::vector<std::string> notes;          ///< what a person should know before running it
  std::vector<EqualRuns> equal_in_effect;  ///< runs with different digests
};

struct JobCount {
  std::size_t all = 0;       ///< of every run on each item that it takes
  std::size_t distinct = 0;  ///< each configuration once on an item
};

JobCount count_jobs(const SweepPlan& plan);

}  // namespace cox::sweep
