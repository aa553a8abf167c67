#include "coordinator/report/compare/comparison.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <set>
#include <utility>

#include "base/abandon.h"
#include "base/text.h"
#include "coordinator/report/data/marks.h"
#include "coordinator/report/data/replicates.h"
#include "coordinator/report/data/words.h"
#include "coordinator/report/statistics/effect_size.h"
#include "coordinator/report/statistics/holm.h"

namespace cox::report {

namespace {

/// The dtype of runs that only screen, as JSON.
constexpr const char* kScreeningDtype = "\"fp8\"";

VideoKey key_of(const VideoResult& result) { return {result.video, result.digest}; }

std::string value_of(const RunData& run, const WindowParameter& parameter) {
  const auto found = run.parameters.find(parameter.name);
  return found == run.parameters.end() ? parameter.earlier : found->second;
}

std::string differs(const std::string& column, const RunData& a, const std::string& of_a,
                    const RunData& b, const std::string& of_b) {
  return fmt::format("{} is {} in {} and {} in {}", column, of_a, a.full_name(), of_b,
                     b.full_name());
}

/// The scored frames of all results of a run, several when they differ; of a run without results
/// what its parameters ask for, "" when they do not say.
std::string scored_frames(const RunData& run) {
  std::set<std::string> counts;
  if (run.results.empty() && run.parameters.contains("total_frames") &&
      run.parameters.contains("cond_frames")) {
    counts.insert(std::to_string(std::stoll(run.parameters.at("total_frames")) -
                                 std::stoll(run.parameters.at("cond_frames"))));
  }
  for (const VideoResult& result : run.results) {
    counts.insert(std::to_string(result.scored_frames));
  }
  return join({counts.begin(), counts.end()}, " or ");
}

bool measured(const RunData& run, const std::string& metric) {
  return std::any_of(run.results.begin(), run.results.end(), [&](const VideoResult& result) {
    return result.metrics.contains(metric) || result.nonfinite.contains(metric);
  });
}

/// The digest in a column of data/metrics.h; "" when it is not recorded.
std::string weights_in(const RunData& run, const std::string& column) {
  const auto found = run.weights_digests.find(column);
  return found == run.weights_digests.end() ? "" : found->second;
}

std::string weights_shown(const RunData& run, const std::string& column) {
  const std::string digest = weights_in(run, column);
  return digest.empty() ? "not recorded" : short_digest(digest);
}

/// Whether both runs have values of the metric.
Status check_measured(const RunData& baseline, const RunData& run, const Metric& metric) {
  for (const RunData* side : {&baseline, &run}) {
    if (!measured(*side, metric.name) && !side->results.empty()) {
      return failed_precondition(
          fmt::format("{} was not measured in {}", metric.name, side->full_name()));
    }
  }
  return Status::ok();
}

std::string reason_of(const Unfinished& unfinished) {
  if (unfinished.cause.empty()) return unfinished.state;
  return fmt::format("{} ({}{}", unfinished.state, unfinished.cause,
                     unfinished.expected ? ", as expected)" : ")");
}

/// Why each of `all_videos` that `run` has no value for is missing there.
void note_missing(const RunData& run, const std::set<std::string>& all_videos, const Metric& metric,
                  std::vector<Unpaired>& unpaired) {
  const bool has_all = run.unfinished.empty() && run.results.size() == all_videos.size() &&
                       std::all_of(run.results.begin(), run.results.end(), [&](const auto& result) {
                         return result.metrics.contains(metric.name);
                       });
  if (has_all) return;
  std::map<std::string, Unpaired> missing;
  const auto note = [&](const std::string& video, const std::string& reason,
                        const std::string& message) {
    const std::string why = message.empty() ? reason : fmt::format("{}: {}", reason, message);
    missing[video] = {video, run.full_name(), why, reason};
  };
  for (const std::string& video : all_videos) note(video, "not in its data set", "");
  for (const Unfinished& lacking : run.unfinished) {
    note(lacking.video, reason_of(lacking), lacking.cause.empty() ? "" : lacking.message);
  }
  for (const VideoResult& result : run.results) {
    const auto odd = result.nonfinite.find(metric.name);
    if (result.metrics.contains(metric.name)) {
      missing.erase(result.video);
    } else if (odd == result.nonfinite.end()) {
      note(result.video, fmt::format("{} was not measured", metric.name), "");
    } else {
      note(result.video, fmt::format("{} is {}", metric.name, odd->second), "");
    }
  }
  for (auto& [video, entry] : missing) unpaired.push_back(std::move(entry));
}

/// Videos of which both runs have a value, under one id, of different files.
void note_other_files(const RunData& baseline, const RunData& run, const Metric& metric,
                      std::vector<Unpaired>& unpaired) {
  std::map<std::string, std::string> digests;
  for (const VideoResult& result : baseline.results) {
    if (result.metrics.contains(metric.name)) digests[result.video] = result.digest;
  }
  for (const VideoResult& result : run.results) {
    const auto theirs = digests.find(result.video);
    if (theirs == digests.end() || theirs->second == result.digest) continue;
    if (!result.metrics.contains(metric.name)) continue;
    const std::string reason = "another file";
    unpaired.push_back(
        {result.video, run.full_name(),
         fmt::format("{}: digest {} in {}, {} in {}", reason, short_digest(theirs->second),
                     baseline.full_name(), short_digest(result.digest), run.full_name()),
         reason, true});
  }
}

/// The videos on which a run has a value, and those on which it may still get one.
struct Prospects {
  std::set<std::string> valued;
  std::set<std::string> waiting;
  bool may_have(const std::string& video) const {
    return valued.contains(video) || waiting.contains(video);
  }
};

Prospects prospects_of(const RunData& run, const std::string& metric) {
  Prospects prospects;
  for (const VideoResult& result : run.results) {
    if (result.metrics.contains(metric)) prospects.valued.insert(result.video);
  }
  std::vector<Prospects> of_replicates;
  for (const RunData& replicate : run.replicates) {
    of_replicates.push_back(prospects_of(replicate, metric));
  }
  for (const Unfinished& video : run.unfinished) {
    const bool waits = run.replicates.empty()
                           ? !video.has_ended()
                           : std::all_of(of_replicates.begin(), of_replicates.end(),
                                         [&](const Prospects& replicate) {
                                           return replicate.may_have(video.video);
                                         });
    if (waits) prospects.waiting.insert(video.video);
  }
  return prospects;
}

/// Whether a video that is not a pair yet may become one.
bool may_gain_pairs(const RunData& a, const RunData& b, const std::string& metric) {
  const Prospects of_a = prospects_of(a, metric);
  const Prospects of_b = prospects_of(b, metric);
  const auto waits_for = [](const Prospects& one, const Prospects& other) {
    return std::any_of(one.waiting.begin(), one.waiting.end(),
                       [&](const std::string& video) { return other.may_have(video); });
  };
  return waits_for(of_a, of_b) || waits_for(of_b, of_a);
}

/// Videos that both runs finished, whatever the metric is there.
std::size_t finished_by_both(const RunData& a, const RunData& b) {
  std::set<VideoKey> of_a;
  for (const VideoResult& result : a.results) of_a.insert(key_of(result));
  return static_cast<std::size_t>(
      std::count_if(b.results.begin(), b.results.end(),
                    [&](const VideoResult& result) { return of_a.contains(key_of(result)); }));
}

std::set<std::string> videos_of(const RunData& a, const RunData& b) {
  std::set<std::string> videos;
  for (const RunData* run : {&a, &b}) {
    for (const VideoResult& result : run->results) videos.insert(result.video);
    for (const Unfinished& unfinished : run->unfinished) videos.insert(unfinished.video);
  }
  return videos;
}

/// The two results of each video on which both have the metric, in the run's order.
using Pairs = std::vector<std::pair<const VideoResult*, const VideoResult*>>;
Pairs pairs_of(const RunData& baseline, const RunData& run, const Metric& metric) {
  std::map<VideoKey, const VideoResult*> by_video;
  for (const VideoResult& result : baseline.results) {
    if (result.metrics.contains(metric.name)) by_video[key_of(result)] = &result;
  }
  Pairs pairs;
  for (const VideoResult& result : run.results) {
    const auto partner = by_video.find(key_of(result));
    if (partner == by_video.end() || !result.metrics.contains(metric.name)) continue;
    pairs.emplace_back(partner->second, &result);
  }
  return pairs;
}

/// Whether two results of one video were scored against different pixels.
bool scored_other_pixels(const VideoResult& a, const VideoResult& b) {
  return !a.reference_digests.empty() && !b.reference_digests.empty() &&
         a.reference_digests != b.reference_digests;
}

ReplicateSpread spread_of(const RunData& baseline, const RunData& run, const Pairs& pairs,
                          const std::string& metric) {
  std::vector<const VideoResult*> theirs;
  std::vector<const VideoResult*> ours;
  for (const auto& [of_baseline, of_run] : pairs) {
    theirs.push_back(of_baseline);
    ours.push_back(of_run);
  }
  const auto baseline_means = replicate_means(baseline, metric, theirs);
  const auto run_means = replicate_means(run, metric, ours);
  ReplicateSpread spread{replicates_of(baseline), replicates_of(run), deviation_of(baseline_means),
                         deviation_of(run_means), std::nullopt};
  std::map<std::string, double> differences;
  for (const auto& [number, mean] : run_means) {
    if (const auto partner = baseline_means.find(number); partner != baseline_means.end()) {
      differences[number] = mean - partner->second;
    }
  }
  if (differences.size() == run_means.size() && differences.size() == baseline_means.size()) {
    spread.difference_deviation = deviation_of(differences);
  }
  return spread;
}

/// The difference that a test at `level` detects. `effects` keeps, by the number of pairs, what it
/// finds of a deviation of 1, which takes long.
std::optional<double> detectable_at(double level, const Comparison& comparison,
                                    std::map<std::size_t, double>& effects) {
  const auto& deviation = comparison.difference.deviation;
  if (!deviation || comparison.pairs < kLeastForInference) return std::nullopt;
  const auto [effect, is_new] = effects.try_emplace(comparison.pairs, 0);
  if (is_new) effect->second = *minimum_detectable_difference(1, comparison.pairs, 1 - level);
  return effect->second * *deviation;
}

/// Sets everything that follows from the pairs except the inference of the mean. Returns the
/// differences.
std::vector<double> describe(const Pairs& pairs, Comparison& comparison) {
  std::vector<double> of_baseline;
  std::vector<double> of_run;
  std::vector<double> differences;
  std::vector<double> of_adapted;
  comparison.identical = !pairs.empty();
  for (const auto& [theirs, ours] : pairs) {
    of_baseline.push_back(theirs->metrics.at(comparison.metric.name));
    of_run.push_back(ours->metrics.at(comparison.metric.name));
    differences.push_back(of_run.back() - of_baseline.back());
    comparison.differences[key_of(*ours)] = differences.back();
    comparison.identical = comparison.identical && theirs->metrics == ours->metrics;
    const bool at_start = ours->steps_run > 0 && ours->best_step == 0;
    comparison.unadapted += at_start ? 1 : 0;
    if (!at_start) of_adapted.push_back(differences.back());
    comparison.other_pixels += scored_other_pixels(*theirs, *ours) ? 1 : 0;
  }
  comparison.pairs = pairs.size();
  if (comparison.unadapted > 0) comparison.adapted_difference = mean_of(std::move(of_adapted));
  comparison.baseline_mean = mean_of(of_baseline);
  comparison.run_mean = mean_of(of_run);
  comparison.difference = summarized(differences);
  comparison.signed_rank = signed_rank(differences);
  comparison.wins = wins_of(differences, comparison.metric.higher_is_better);
  comparison.sign_p = sign_test(comparison.wins.wins, comparison.wins.losses);
  if (!comparison.difference.deviation) return differences;
  const double deviation = *comparison.difference.deviation;
  comparison.effect = standardized_effect(*comparison.difference.mean, deviation, pairs.size());
  if (pairs.size() < kLeastForInference) return differences;
  comparison.detectable = minimum_detectable_difference(deviation, pairs.size());
  comparison.detectable_corrected = comparison.detectable;
  return differences;
}

/// The differences of each comparison over the videos of all, absent where it has none.
std::vector<Sample> samples_of(const std::vector<Comparison*>& family) {
  std::map<VideoKey, std::size_t> places;
  for (const Comparison* comparison : family) {
    for (const auto& [video, difference] : comparison->differences) places[video] = 0;
  }
  std::size_t next = 0;
  for (auto& [video, place] : places) place = next++;
  std::vector<Sample> samples;
  for (const Comparison* comparison : family) {
    Sample& sample = samples.emplace_back(places.size());
    for (const auto& [video, difference] : comparison->differences) {
      sample[places.at(video)] = difference;
    }
  }
  return samples;
}

/// Corrects one p of each comparison by Holm; those without it are not part of the family.
void correct_by_holm(std::optional<double> (*p_of)(const Comparison&),
                     std::optional<double> Comparison::*corrected,
                     const std::vector<Comparison*>& family) {
  std::vector<Comparison*> tested;
  std::vector<double> p;
  for (Comparison* comparison : family) {
    const std::optional<double> own = p_of(*comparison);
    if (!own) continue;
    tested.push_back(comparison);
    p.push_back(*own);
  }
  const std::vector<double> by_holm = holm(p);
  for (std::size_t i = 0; i < tested.size(); ++i) tested[i]->*corrected = by_holm[i];
}

}  // namespace

std::map<VideoKey, double> values_by_video(const RunData& run, const std::string& metric) {
  std::map<VideoKey, double> values;
  for (const VideoResult& result : run.results) {
    const auto value = result.metrics.find(metric);
    if (value != result.metrics.end()) values[key_of(result)] = value->second;
  }
  return values;
}

bool Comparison::is_finding() const {
  const auto& p = family_inference.p ? family_inference.p : inference.p;
  return p && *p < kSignificant;
}

bool Comparison::is_equivalent() const {
  const auto& p = equivalence_holm_p ? equivalence_holm_p : equivalence_p;
  return p && *p < kSignificant;
}

void Comparison::take_correction(const Comparison& other) {
  family = other.family;
  family_inference = other.family_inference;
  signed_rank_holm_p = other.signed_rank_holm_p;
  equivalence_holm_p = other.equivalence_holm_p;
  detectable_corrected = other.detectable_corrected;
}

Verdict Comparison::verdict() const {
  if (pairs == 0) return Verdict::kNoPair;
  if (identical) return Verdict::kIdentical;
  if (pairs < kLeastForInference) return Verdict::kTooFew;
  if (is_finding()) return Verdict::kFinding;
  if (is_equivalent()) return Verdict::kEquivalent;
  return inference.p && *inference.p < kSignificant ? Verdict::kHint : Verdict::kNoDifference;
}

std::string weights_difference(const std::vector<RunData>& runs, const std::string& metric) {
  const std::string column = weights_column(metric);
  if (column.empty()) return "";
  std::map<std::string, std::vector<std::string>> runs_by_weights;
  for (const RunData& run : runs) {
    if (measured(run, metric))
      runs_by_weights[weights_shown(run, column)].push_back(run.full_name());
  }
  if (runs_by_weights.size() < 2) return "";
  std::vector<std::string> parts;
  for (const auto& [weights, names] : runs_by_weights) {
    parts.push_back(fmt::format("{} in {}", weights, join(names, ", ")));
  }
  return fmt::format(
      "{} was measured over different weights ({} {}): these values are different measures and "
      "are left out of every table",
      metric, column, join(parts, "; "));
}

std::string window_difference(const RunData& a, const RunData& b) {
  for (const WindowParameter& parameter : kWindowParameters) {
    const std::string of_a = value_of(a, parameter);
    const std::string of_b = value_of(b, parameter);
    if (of_a != of_b) return differs(parameter.name, a, of_a, b, of_b);
  }
  const std::string of_a = scored_frames(a);
  const std::string of_b = scored_frames(b);
  if (of_a.empty() || of_b.empty() || of_a == of_b) return "";
  return differs("scored_frames", a, of_a, b, of_b);
}

std::string screening_difference(const RunData& a, const RunData& b) {
  const auto dtype_of = [](const RunData& run) {
    const auto found = run.parameters.find("dtype");
    return found == run.parameters.end() ? std::string("absent") : found->second;
  };
  const std::string of_a = dtype_of(a), of_b = dtype_of(b);
  if ((of_a == kScreeningDtype) == (of_b == kScreeningDtype)) return "";
  return differs("dtype", a, of_a, b, of_b);
}

std::string separation(const RunData& a, const RunData& b) {
  const std::string window = window_difference(a, b);
  return window.empty() ? screening_difference(a, b) : window;
}

Status check_same_frames(const RunData& baseline, const RunData& run) {
  if (baseline.full_name() == run.full_name()) {
    return invalid_argument(fmt::format("{} would be compared with itself", run.full_name()));
  }
  const std::string window = window_difference(baseline, run);
  if (!window.empty()) {
    return failed_precondition(
        fmt::format("{}: they are scored on different pixels and cannot be compared", window));
  }
  const std::string screening = screening_difference(baseline, run);
  if (!screening.empty()) {
    return failed_precondition(fmt::format(
        "{}: results of fp8 screen settings and are compared with each other only", screening));
  }
  if (baseline.metric_definitions != run.metric_definitions) {
    return failed_precondition(fmt::format(
        "{}: they were measured by different definitions and cannot be compared",
        differs("metric_definitions", baseline, std::to_string(baseline.metric_definitions), run,
                std::to_string(run.metric_definitions))));
  }
  return Status::ok();
}

Status check_same_weights(const RunData& baseline, const RunData& run, const std::string& metric) {
  const std::string column = weights_column(metric);
  if (column.empty() || weights_in(baseline, column) == weights_in(run, column)) {
    return Status::ok();
  }
  return failed_precondition(fmt::format(
      "{}: {} over other weights is another measure and cannot be compared",
      differs(column, baseline, weights_shown(baseline, column), run, weights_shown(run, column)),
      metric));
}

namespace {

/// A comparison without the inference of its mean, and the differences of the pairs for that.
struct Paired {
  Comparison comparison;
  std::vector<double> differences;
};

Result<Paired> paired(const RunData& baseline, const RunData& run, const Metric& metric) {
  COX_RETURN_IF_ERROR(check_same_frames(baseline, run));
  COX_RETURN_IF_ERROR(check_measured(baseline, run, metric));
  COX_RETURN_IF_ERROR(check_same_weights(baseline, run, metric.name));
  Paired both;
  Comparison& comparison = both.comparison;
  comparison.baseline = baseline.full_name();
  comparison.run = run.full_name();
  comparison.baseline_digest = baseline.digest;
  comparison.run_digest = run.digest;
  comparison.baseline_marks = marks_of(baseline);
  comparison.run_marks = marks_of(run);
  comparison.metric = metric;
  comparison.item = baseline.item == run.item ? run.item : "item";
  const Pairs pairs = pairs_of(baseline, run, metric);
  const bool both_have_some = !baseline.results.empty() && !run.results.empty();
  if (pairs.empty() && both_have_some && baseline.dataset_digest != run.dataset_digest) {
    return failed_precondition(
        fmt::format("{}, and they share no finished {}: only runs on the same {} can be compared",
                    differs("dataset", baseline, baseline.dataset, run, run.dataset),
                    comparison.item, plural(comparison.item)));
  }
  const std::set<std::string> videos = videos_of(baseline, run);
  comparison.videos = videos.size();
  note_missing(baseline, videos, metric, comparison.unpaired);
  note_missing(run, videos, metric, comparison.unpaired);
  note_other_files(baseline, run, metric, comparison.unpaired);
  if (pairs.empty()) {
    comparison.finished = finished_by_both(baseline, run);
    comparison.open = may_gain_pairs(baseline, run, metric.name);
  }
  both.differences = describe(pairs, comparison);
  comparison.replicates = spread_of(baseline, run, pairs, metric.name);
  return both;
}

}  // namespace

std::vector<Result<Comparison>> compare_each(const std::vector<RunPair>& pairs,
                                             const Metric& metric) {
  std::vector<Result<Comparison>> all;
  std::vector<std::vector<double>> differences;
  for (const auto& [baseline, run] : pairs) {
    if (is_abandoned()) {
      const Status abandoned(StatusCode::kCancelled, "comparing was abandoned");
      return std::vector<Result<Comparison>>(pairs.size(), abandoned);
    }
    Result<Paired> both = paired(*baseline, *run, metric);
    differences.push_back(both.is_ok() ? std::move(both->differences) : std::vector<double>());
    all.push_back(both.is_ok() ? Result<Comparison>(std::move(both->comparison)) : both.status());
  }
  const std::vector<MeanInference> inferences = infer_means(std::move(differences));
  for (std::size_t i = 0; i < all.size(); ++i) {
    if (all[i].is_ok()) all[i]->inference = inferences[i];
  }
  return all;
}

Result<Comparison> compare(const RunData& baseline, const RunData& run, const Metric& metric) {
  return std::move(compare_each({{&baseline, &run}}, metric).front());
}

void test_equivalence(double margin, std::vector<Comparison>& comparisons) {
  std::vector<Comparison*> varied;
  std::vector<std::vector<double>> samples;
  for (Comparison& comparison : comparisons) {
    comparison.margin = margin;
    if (comparison.pairs < kLeastForInference) continue;
    std::vector<double> values;
    for (const auto& [video, difference] : comparison.differences) values.push_back(difference);
    if (!all_equal(values)) {
      varied.push_back(&comparison);
      samples.push_back(std::move(values));
    } else {
      comparison.equivalence_p = std::abs(*comparison.difference.mean) < margin ? 0.0 : 1.0;
    }
  }
  test_each(std::move(samples), [&](std::size_t i, const MeanTest& test) {
    varied[i]->equivalence_p = equivalence_p(test, *varied[i]->difference.mean, margin);
  });
}

void correct_family(const std::vector<Comparison*>& family) {
  correct_by_holm([](const Comparison& comparison) { return comparison.signed_rank.p; },
                  &Comparison::signed_rank_holm_p, family);
  correct_by_holm([](const Comparison& comparison) { return comparison.equivalence_p; },
                  &Comparison::equivalence_holm_p, family);
  const FamilyInference inference = infer_family(samples_of(family));
  const double level = kSignificant / static_cast<double>(inference.size);
  std::map<std::size_t, double> effects;
  for (std::size_t i = 0; i < family.size(); ++i) {
    if (!inference.members[i].p) continue;
    family[i]->family = inference.size;
    family[i]->family_inference = inference.members[i];
    family[i]->detectable_corrected = detectable_at(level, *family[i], effects);
  }
}

void correct_family(std::vector<Comparison>& family) {
  std::vector<Comparison*> members;
  for (Comparison& comparison : family) members.push_back(&comparison);
  correct_family(members);
}

}  // namespace cox::report
