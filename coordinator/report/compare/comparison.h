#pragma once

#include <array>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/status.h"
#include "coordinator/report/data/metrics.h"
#include "coordinator/report/data/run_data.h"
#include "coordinator/report/statistics/mean_test.h"
#include "coordinator/report/statistics/rank_tests.h"
#include "coordinator/report/statistics/summary.h"
#include "coordinator/report/statistics/wins.h"

namespace cox::report {

/// A parameter that decides which pixels of a source video a result is scored against.
struct WindowParameter {
  const char* name;
  const char* earlier = "absent";  ///< what runs without it mean, as JSON: docs/adr/0009
};

/// All of them; same_window of v_pairs has the same.
inline constexpr WindowParameter kWindowParameters[] = {{"task", "\"continue\""},
                                                        {"gen_start_frame"},
                                                        {"frame_stride"},
                                                        {"frame_rate", "0.0"},
                                                        {"resolution", "\"fixed\""},
                                                        {"height"},
                                                        {"width"},
                                                        {"fit"},
                                                        {"color"},
                                                        {"pil_order"}};

/// A video of one content: an id may be another file in another data set.
using VideoKey = std::pair<std::string, std::string>;

/// The finite values of a metric in the finished videos of a run.
std::map<VideoKey, double> values_by_video(const RunData& run, const std::string& metric);

/// A corrected p below it counts.
constexpr double kSignificant = 0.05;

/// A video that one of the two runs has no value for, or another file as, and why.
struct Unpaired {
  std::string video;
  std::string run;     ///< full name of the run that has no value for it
  std::string why;     ///< "failed (oom): ...", "queued", "psnr is nan", "not in its data set"
  std::string reason;  ///< that without the message, which may differ from video to video
  bool another_file = false;  ///< both have a value, of different files
};

/// How the replicates that were averaged differ among themselves: sample standard deviations of
/// their means over the pairs, absent where there are fewer than two.
struct ReplicateSpread {
  std::size_t of_baseline = 1;  ///< how many replicates
  std::size_t of_run = 1;
  std::optional<double> baseline_deviation;
  std::optional<double> run_deviation;
  /// Deviation of the difference of the means, replicate by replicate, where both sides have the
  /// same replicates: they share their noise.
  std::optional<double> difference_deviation;

  bool any() const { return of_baseline > 1 || of_run > 1; }
};

/// The conclusion about the true mean difference, in the order in which a page lists them.
enum class Verdict {
  kFinding,       ///< not 0
  kEquivalent,    ///< within the margin, and not known to differ from 0
  kHint,          ///< not 0 by itself, but not when all that was compared counts
  kIdentical,     ///< bit-identical results
  kNoDifference,  ///< none of these
  kTooFew,        ///< fewer than kLeastForInference pairs
  kNoPair
};

/// A run against a baseline on the videos for which both have the metric. Differences are run minus
/// baseline, so their sign shows which is higher, not which is better.
struct Comparison {
  std::string baseline;  ///< full names
  std::string run;
  std::string baseline_digest;  ///< of the configurations
  std::string run_digest;
  std::vector<std::string> baseline_marks;  ///< data/marks.h
  std::vector<std::string> run_marks;
  bool is_control = false;  ///< the sweep's `controls` name the run
  /// Parameters in which the baseline follows the run, away from the series' baseline.
  std::vector<std::string> followed;
  std::vector<std::string> confounded;  ///< what differs besides the method
  Metric metric;
  std::string item = "video";  ///< the word for what the two share
  std::size_t pairs = 0;
  std::size_t videos = 0;               ///< items that either run was given
  std::optional<double> baseline_mean;  ///< over the pairs
  std::optional<double> run_mean;
  std::map<VideoKey, double> differences;  ///< of each pair
  Summary difference;
  MeanInference inference;         ///< of the mean difference, as if nothing else were compared
  MeanInference family_inference;  ///< of the same, corrected for its family
  std::size_t family = 0;          ///< how many means were tested together
  SignedRank signed_rank;
  std::optional<double> signed_rank_holm_p;  ///< corrected by Holm for its family
  std::optional<double> sign_p;
  Wins wins;
  std::optional<double> effect;      ///< Hedges' g_z
  std::optional<double> detectable;  ///< kPower of studies of this size find such a difference
  /// Such a difference at the level of one in the family, kSignificant / family; absent below
  /// kLeastForInference pairs.
  std::optional<double> detectable_corrected;
  ReplicateSpread replicates;
  std::vector<Unpaired> unpaired;
  std::size_t finished = 0;   ///< without a pair: videos that both finished, without two numbers
  bool open = false;          ///< without a pair: a video may still become one when its jobs end
  bool identical = false;     ///< every metric of every pair is equal to the last bit
  std::size_t unadapted = 0;  ///< pairs that the run trained on and generated from its start state
  std::optional<double> adapted_difference;  ///< mean of the other pairs, where there are both
  std::size_t other_pixels = 0;  ///< pairs whose source frames are known to be other pixels

  std::optional<double> margin;         ///< differences smaller than it do not matter
  std::optional<double> equivalence_p;  ///< of "the true mean difference is the margin or more"
  std::optional<double> equivalence_holm_p;  ///< corrected by Holm for its family

  Verdict verdict() const;
  /// Whether the mean differs from 0 by a p that counts what else was compared.
  bool is_finding() const;
  /// Takes all that correct_family sets from `other`, which compares the same.
  void take_correction(const Comparison& other);
  /// Whether the mean is within the margin by such a p.
  bool is_equivalent() const;
  bool never_adapted() const { return pairs > 0 && unadapted == pairs; }
};

/// kFailedPrecondition when two runs score other frames or by other definitions, or when one
/// screens in fp8; kInvalidArgument for a run against itself.
Status check_same_frames(const RunData& baseline, const RunData& run);

/// kFailedPrecondition when two runs have the metric over different weights.
Status check_same_weights(const RunData& baseline, const RunData& run, const std::string& metric);

/// kFailedPrecondition when the numbers of the two cannot be compared: they score other frames,
/// were measured by other definitions or weights, lack the metric, or share no video. The
/// message names the column that differs. kInvalidArgument for a run against itself.
Result<Comparison> compare(const RunData& baseline, const RunData& run, const Metric& metric);

/// A baseline and a run.
using RunPair = std::pair<const RunData*, const RunData*>;

/// compare() of each pair of runs, in their order, in a fraction of the time.
std::vector<Result<Comparison>> compare_each(const std::vector<RunPair>& pairs,
                                             const Metric& metric);

/// Tests whether each mean difference is within `margin` (> 0, in the metric's unit), by itself:
/// correct_family corrects it.
void test_equivalence(double margin, std::vector<Comparison>& comparisons);

/// Corrects comparisons that answer one question together: the p and interval of each mean, the
/// signed-rank p and the p of equivalence. Comparisons without a p are not part of the family.
void correct_family(const std::vector<Comparison*>& family);
void correct_family(std::vector<Comparison>& family);

/// One sentence when the runs measured the metric over different weights, else "". No column, mean
/// or difference may hold such values together.
std::string weights_difference(const std::vector<RunData>& runs, const std::string& metric);

/// Returns the first column in which runs differ that makes their metrics those of other pixels, as
/// "gen_start_frame is 21 in s/a and 32 in s/b", or "".
std::string window_difference(const RunData& a, const RunData& b);

/// Returns `dtype is "fp8" in s/a and "bf16" in s/b` when one run screens in fp8 and the other does
/// not, or "".
std::string screening_difference(const RunData& a, const RunData& b);

/// Returns why no number of two runs can be compared: the first of both differences, or "".
std::string separation(const RunData& a, const RunData& b);

}  // namespace cox::report
