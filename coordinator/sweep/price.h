#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "base/status.h"
#include "coordinator/sweep/cost_model.h"
#include "coordinator/sweep/plan.h"
#include "sharing/price.h"

namespace cox::sweep {

/// What a run took by itself on one device: sums over `results` finished videos.
struct MeasuredRun {
  std::string method;
  Parameters parameters;
  std::string model_digest;
  std::string device;
  std::string device_name;
  std::string build;
  std::int64_t newest_us = 0;
  std::int64_t results = 0;
  std::int64_t steps = 0;
  std::int64_t checks = 0;
  std::map<std::string, sharing::RuleOutcome> outcomes;  ///< of its stop rule, by video
  double source_s = 0;                                   ///< reading and encoding
  double train_s = 0;
  double check_s = 0;
  double generate_s = 0;
  double decode_s = 0;
  double score_s = 0;  ///< measuring and writing
};

/// What a database knows of the plans.
struct Measured {
  std::string source;  ///< "database 'out/cox.db'"
  std::vector<MeasuredRun> runs;
  std::set<std::string> done_jobs;  ///< digests
};

struct PriceOptions {
  DeviceModel device = device_models().front();
  std::int64_t workers = 1;
  /// Videos of each data set that was not read; a sweep's max_videos is smaller or wins.
  std::int64_t videos = 1;
  std::optional<Measured> measured;
};

/// The price when stop rules end and choose as rules with equal settings of adaptation did on the
/// videos of the database, whatever its model and sizes: the mean over these videos. A rule that
/// the database does not have counts as in the price itself.
struct ExpectedPrice {
  double naive_s = 0;  ///< with the loading of models, as shared_s
  double shared_s = 0;
  std::int64_t rules = 0;  ///< runs with a stop rule
  std::int64_t known = 0;  ///< of these, runs that the database has outcomes of
  std::int64_t videos = 0;
};

struct PlanPrice {
  std::size_t runs = 0;
  std::size_t distinct_runs = 0;
  std::vector<std::vector<std::string>> duplicates;  ///< names of runs that compute the same
  std::int64_t jobs = 0;
  std::int64_t known_jobs = 0;  ///< done already; the rest of the price is without them
  sharing::Cost naive;
  sharing::Cost shared;
  sharing::Cost least;                    ///< `shared` when every stop rule chooses the start state
  std::optional<ExpectedPrice> expected;  ///< when the database has outcomes of stop rules
  double load_s = 0;                      ///< of the model in each worker, in both sums
  double finish_s = 0;
  double peak_memory_bytes = 0;             ///< of a GPU, when nothing is recomputed
  double recomputed_peak_memory_bytes = 0;  ///< when every block is
  std::int64_t workers = 1;
  std::string device;
  std::string measured_on;  ///< device, build and database; "" = nothing was measured
  std::map<std::string, std::int64_t> origin;  ///< "steps, measured" to runs, "steps, counted" ...
  bool inputs_were_read = true;
  std::int64_t videos = 1;  ///< as in the options

  double naive_s() const { return naive.seconds.total() + load_s; }
  double shared_s() const { return shared.seconds.total() + load_s; }
  double least_s() const { return least.seconds.total() + load_s; }
};

/// Prices the jobs of all plans together, as one queue runs them. Sweeps that wait for a later
/// version have no runs and cost nothing. kInvalidArgument for fewer than one worker or video and
/// for a model without its sizes.
Result<PlanPrice> price_of(const std::vector<SweepPlan>& plans, const PriceOptions& options);

/// A short table: counts, GPU-hours by cause, memory, finish time, and where the seconds are from.
std::string price_text(const PlanPrice& price);

}  // namespace cox::sweep
