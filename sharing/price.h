#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/status.h"
#include "sharing/plan.h"

namespace cox::sharing {

/// Seconds of each kind of work. A check measures its context once and then each of its probes.
struct UnitSeconds {
  double source = 0;  ///< from the file to encoded latents
  double step = 0;
  double check = 0;  ///< the part that does not depend on the number of probes
  double probe = 0;
  double generation = 0;
  double decode = 0;  ///< from latents to pixels
  double score = 0;   ///< measuring and writing
};

/// How far a job with a stop rule ran, and which state it generated from.
struct RuleOutcome {
  std::int64_t steps_run = 0;
  std::int64_t chosen = 0;
};

struct PricedJob {
  JobShape shape;
  std::string identity;  ///< jobs of an item with equal identities are one job
  std::string source;    ///< jobs with equal keys read the same pixels
  UnitSeconds seconds;
  double state_bytes = 0;                   ///< of one state of what is trained
  std::optional<RuleOutcome> outcome = {};  ///< when it is known beforehand
};

/// How often each kind of work is done. A generation includes its decoding.
struct WorkCounts {
  std::int64_t jobs = 0;
  std::int64_t sources = 0;
  std::int64_t steps = 0;
  std::int64_t checks = 0;
  std::int64_t probes = 0;
  std::int64_t generations = 0;

  bool operator==(const WorkCounts&) const = default;
};

/// What the seconds are spent on.
struct CauseSeconds {
  double training = 0;
  double checks = 0;
  double generation = 0;
  double decode = 0;
  double source = 0;
  double score = 0;

  double total() const { return training + checks + generation + decode + source + score; }
};

struct Cost {
  WorkCounts counts;
  CauseSeconds seconds;

  /// Adds `other`, `times` over.
  void add(const Cost& other, std::int64_t times = 1);
};

struct ItemPrice {
  Cost naive;   ///< every job by itself, duplicates included
  Cost shared;  ///< duplicates once, and equal work once
  Cost least;   ///< the same when every stop rule chooses the start state
  /// Seconds of the pieces that different workers can do: the jobs that train nothing, then each
  /// trajectory with its generations. Their sum is the seconds of `shared`.
  std::vector<double> pieces;
};

/// Prices the jobs of one item. A job whose outcome is not known trains to its last step. Its stop
/// rule looks at the start state and whenever it is due; which state it chooses is not known, so
/// `shared` counts as many generations as rules that choose different states can need, and `least`
/// none.
/// kInvalidArgument for seconds that are negative or not finite, and for negative steps or a stop
/// rule that is never due or looks at nothing.
Result<ItemPrice> price_item(const std::vector<PricedJob>& jobs);

/// Seconds until `workers` that take the pieces in their order, each when it is free, are done.
/// `workers` must be at least 1.
double finish_seconds(const std::vector<double>& pieces, std::int64_t workers);

}  // namespace cox::sharing
