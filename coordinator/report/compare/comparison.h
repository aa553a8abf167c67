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

/// Parameters that decide which pixels of a source video a result is scored against; same_window of
/// v_pairs has the same.
inline constexpr std::array kWindowParameters = {
    "gen_start_frame", "frame_stride", "height", "width", "fit", "color", "pil_order"};

/// A video of one content: an id alone may stand for another file in another data set.
using VideoKey = std::pair<std::string, std::string>;

/// A corrected p below it counts.
constexpr double kSignificant = 0.05;

/// A video that one of the two runs has no value for, or another file as, and why.
struct Unpaired {
  std::string video;
  std::string run;     ///< full name of the run that lacks it
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
  /// Of the difference of the means, replicate by replicate, where both sides have the same: they
  /// share their noise.
  std::optional<double> difference_deviation;

  bool any() const { return of_baseline > 1 || of_run > 1; }
};

/// A run against a baseline on the videos for which both have the metric. Differences are run minus
/// baseline, so their sign says who is higher, not who is better.
struct Comparison {
  std::string baseline;  ///< full names
  std::string run;
  /// Parameters in which the baseline follows the run, away from the series' baseline.
  std::vector<std::string> followed;
  std::vector<std::string> confounded;  ///< what differs besides the method
  Metric metric;
  std::size_t pairs = 0;
  std::size_t videos = 0;               ///< that either run was given
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
  /// The same at the level of one in the family, kSignificant / family; absent below
  /// kLeastForInference pairs.
  std::optional<double> detectable_corrected;
  ReplicateSpread replicates;
  std::vector<Unpaired> unpaired;
  std::size_t finished = 0;   ///< without a pair: videos that both finished, without two numbers
  bool open = false;          ///< without a pair: a video may still become one when its jobs end
  bool identical = false;     ///< every metric of every pair is equal to the last bit
  std::size_t unadapted = 0;  ///< pairs that the run trained on and generated from its start state
  std::size_t other_pixels = 0;  ///< pairs whose source frames are known to be other pixels

  /// Whether the mean differs from 0 by a p that counts what else was compared.
  bool is_finding() const;
  bool never_adapted() const { return pairs > 0 && unadapted == pairs; }
};

/// kFailedPrecondition when the numbers of the two cannot be compared: they score other frames,
/// were measured by other definitions or LPIPS weights, lack the metric, or share no video. The
/// message names the column that differs. kInvalidArgument for a run against itself.
Result<Comparison> compare(const RunData& baseline, const RunData& run, const Metric& metric);

/// Corrects comparisons that answer one question together: the p and interval of each mean, and the
/// signed-rank p. Comparisons without a p are no part of the family.
void correct_family(std::vector<Comparison>& family);

/// Says when runs that measured an LPIPS metric did so over different weights, as one sentence,
/// else
/// "". No column, mean or difference may hold such values side by side.
std::string weights_difference(const std::vector<RunData>& runs, const std::string& metric);

/// What both runs would have to agree on for their metrics to be about the same pixels: the first
/// column that differs, as "gen_start_frame is 21 in s/a and 32 in s/b", or "".
std::string window_difference(const RunData& a, const RunData& b);

}  // namespace cox::report
