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

/// How many steps a job with a stop rule ran, and the state that it generated from.
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

/// The number of times each kind of work is done. A generation includes its decoding.
struct WorkCounts {
  std::int64_t jobs = 0;
  std::int64_t sources = 0;
  std::int64_t steps = 0;
  std::int64_t checks = 0;
  std::int64_t probes = 0;
  std::int64_t generations = 0;

  bool operator==(const WorkCounts&) const = default;
};

/// Seconds by kind of work.
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
  /// Seconds of the pieces that different workers can do: the jobs that do not train, then each
  /// trajectory with its generations. Their sum equals the seconds of `shared`.
  std::vector<double> pieces;
};

/// Prices the jobs of one item. A job whose outcome is unknown trains to its last step. Its stop
/// rule checks the start state and then at every due step. Because the state that it chooses is
/// unknown, `shared` counts the most generations that such rules can require, and `least` counts
/// none. Returns kInvalidArgument for seconds that are negative or not finite, for negative steps,
/// and for a stop rule that is never due or has no probes.
Result<ItemPrice> price_item(const std::vector<PricedJob>& jobs);

/// Returns the seconds until `workers` workers finish, if each takes the next piece when it is
/// free. `workers` must be at least 1.
double finish_seconds(const std::vector<double>& pieces, std::int64_t workers);

}  // namespace cox::sharing
