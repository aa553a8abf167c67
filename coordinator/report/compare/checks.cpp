#include "coordinator/report/compare/checks.h"

#include <fmt/format.h>

#include <algorithm>
#include <functional>
#include <iterator>
#include <map>
#include <set>

#include "base/text.h"
#include "coordinator/report/compare/factors.h"
#include "coordinator/report/data/marks.h"
#include "coordinator/report/data/metrics.h"
#include "coordinator/report/data/parameter_difference.h"
#include "coordinator/report/data/words.h"

namespace cox::report {

namespace {

constexpr std::size_t kMaxNamed = 6;  ///< names in one sentence

constexpr const char* kDecodersDiffer = "FFmpeg or the program differs between the workers";

std::string listed(const std::vector<std::string>& names) { return join_first(names, kMaxNamed); }
std::string listed(const std::set<std::string>& names) {
  return listed(std::vector<std::string>(names.begin(), names.end()));
}

/// Missing videos of a run by what kept them: "12 failed (oom): v1, v2 ...; 2 queued: v3, v4".
std::string missing_text(const RunData& run) {
  std::map<std::string, std::vector<std::string>> videos_by_reason;
  for (const Unfinished& video : run.unfinished) {
    std::string reason = video.state;
    if (!video.cause.empty()) {
      reason += fmt::format(" ({}{}", video.cause, video.expected ? ", as expected)" : ")");
    }
    videos_by_reason[reason].push_back(video.video);
  }
  std::vector<std::string> parts;
  for (const auto& [reason, videos] : videos_by_reason) {
    parts.push_back(fmt::format("{} {}: {}", videos.size(), reason, listed(videos)));
  }
  return join(parts, "; ");
}

/// "full (3 of 12 videos)": averages over replicates that were scored against different pixels.
std::vector<std::string> mixed_pixels(const std::vector<RunData>& runs) {
  std::vector<std::string> averages;
  for (const RunData& run : runs) {
    const auto mixed = std::count_if(
        run.results.begin(), run.results.end(),
        [](const VideoResult& result) { return result.reference_digests.size() > 1; });
    if (mixed == 0) continue;
    averages.push_back(
        fmt::format("{} ({} of {})", run.name, mixed, counted(run.results.size(), run.item)));
  }
  return averages;
}

/// The videos that the means of a run cover: its finished videos, each with the metrics that are
/// not finite.
std::set<std::pair<std::string, std::set<std::string>>> covered_videos(const RunData& run) {
  std::set<std::pair<std::string, std::set<std::string>>> videos;
  for (const VideoResult& result : run.results) {
    std::set<std::string> odd;
    for (const auto& [name, text] : result.nonfinite) {
      if (metric_named(name).is_ok()) odd.insert(name);
    }
    videos.emplace(result.video, std::move(odd));
  }
  return videos;
}

/// ", 8 for psnr": the means that cover fewer videos than are finished.
std::string smaller_means(const RunData& run) {
  std::map<std::string, std::size_t> odd;
  for (const VideoResult& result : run.results) {
    for (const auto& [name, text] : result.nonfinite) ++odd[name];
  }
  std::string text;
  for (const auto& [name, videos] : odd) {
    text += fmt::format(", {} for {}", run.results.size() - videos, name);
  }
  return text;
}

/// "v1, v2": the videos that are different files in the two runs.
std::string other_files(const Comparison& comparison) {
  std::vector<std::string> videos;
  for (const Unpaired& video : comparison.unpaired) {
    if (video.another_file) videos.push_back(video.video);
  }
  return listed(videos);
}

/// Every metric of every video, in the order of the videos' names or, without names, of the values.
using Fingerprint = std::vector<std::pair<std::string, std::map<std::string, double>>>;
Fingerprint fingerprint(const RunData& run, bool with_names) {
  Fingerprint values;
  for (const VideoResult& result : run.results) {
    values.emplace_back(with_names ? fmt::format("{} {}", result.video, result.digest) : "",
                        result.metrics);
  }
  std::sort(values.begin(), values.end());
  return values;
}

/// Runs in groups of equal keys, groups in the order of their first run.
using Group = std::vector<const RunData*>;

Group with_results(const std::vector<RunData>& runs) {
  Group group;
  for (const RunData& run : runs) {
    if (!run.results.empty()) group.push_back(&run);
  }
  return group;
}

template <typename Key>
std::vector<Group> grouped(const Group& runs, const Key& key) {
  std::map<decltype(key(*runs.front())), std::size_t> known;
  std::vector<Group> groups;
  for (const RunData* run : runs) {
    const auto [at, is_new] = known.emplace(key(*run), groups.size());
    if (is_new) groups.emplace_back();
    groups[at->second].push_back(run);
  }
  return groups;
}

/// Equal for equal fingerprints, and much quicker to compute.
std::size_t fingerprint_hash(const RunData& run, bool with_names) {
  std::size_t sum = run.results.size();
  for (const VideoResult& result : run.results) {
    std::size_t hash = with_names ? std::hash<std::string>{}(result.video + result.digest) : 0;
    for (const auto& [metric, value] : result.metrics) {
      hash = hash * 1'099'511'628'211U + std::hash<double>{}(value);
    }
    sum += hash ^ (hash >> 29U);
  }
  return sum;
}

/// Groups of runs with equal fingerprints, in the order of their first run; without runs that are
/// alone.
std::vector<Group> alike(const Group& runs, bool with_names) {
  std::vector<Group> groups;
  for (const Group& candidates :
       grouped(runs, [&](const RunData& run) { return fingerprint_hash(run, with_names); })) {
    if (candidates.size() < 2) continue;
    for (Group& same :
         grouped(candidates, [&](const RunData& run) { return fingerprint(run, with_names); })) {
      if (same.size() > 1) groups.push_back(std::move(same));
    }
  }
  return groups;
}

std::vector<std::string> names_of(const std::vector<const RunData*>& runs) {
  std::vector<std::string> names;
  for (const RunData* run : runs) names.push_back(run->full_name());
  return names;
}

std::size_t distinct_digests(const std::vector<const RunData*>& runs) {
  std::set<std::string> digests;
  for (const RunData* run : runs) digests.insert(run->digest);
  return digests.size();
}

/// The values of a column in the environments, "not recorded" included.
std::set<std::string> values_of(const std::set<Environment>& environments,
                                const std::string& column) {
  std::set<std::string> values;
  for (const Environment& environment : environments) {
    const std::string text = in_environment(environment, column);
    values.insert(!text.empty() ? text : column == "driver" ? "none" : "not recorded");
  }
  return values;
}

/// "machine is a, b; engine_build is 0.1.0+x, 0.1.0+y": the columns in which environments differ.
std::string mixture_text(const std::set<Environment>& environments) {
  std::vector<std::string> parts;
  for (const std::string& column : environment_columns()) {
    const std::set<std::string> values = values_of(environments, column);
    if (values.size() > 1) parts.push_back(fmt::format("{} is {}", column, listed(values)));
  }
  return join(parts, "; ");
}

}  // namespace

void add_warnings(std::vector<std::string>& warnings, std::vector<std::string> more) {
  std::move(more.begin(), more.end(), std::back_inserter(warnings));
}

std::vector<std::string> coverage_warnings(const std::vector<RunData>& runs) {
  std::vector<std::string> warnings;
  std::map<std::string, std::vector<std::string>> runs_by_gap;
  std::vector<std::string> gaps;
  for (const RunData& run : runs) {
    if (!run.unfinished.empty()) {
      const std::string gap =
          fmt::format("{} of {}{}; missing: {}", run.results.size(),
                      counted(run.videos(), run.item), smaller_means(run), missing_text(run));
      if (!runs_by_gap.contains(gap)) gaps.push_back(gap);
      runs_by_gap[gap].push_back(run.name);
    }
    std::map<std::string, std::vector<std::string>> odd;
    for (const VideoResult& result : run.results) {
      for (const auto& [metric, text] : result.nonfinite) {
        odd[fmt::format("{} is {}", metric, text)].push_back(result.video);
      }
    }
    for (const auto& [what, videos] : odd) {
      warnings.push_back(fmt::format("{}: {} on {} ({}); excluded from the means", run.name, what,
                                     counted(videos.size(), run.item), listed(videos)));
    }
  }
  std::vector<std::string> all;
  for (const std::string& gap : gaps) {
    const auto& names = runs_by_gap[gap];
    all.push_back(fmt::format(
        "{}{}{}", names.size() == runs.size() && runs.size() > 1 ? "every run" : listed(names),
        names.size() == 1 ? ": its means cover " : ": means cover ", gap));
  }
  const auto groups =
      grouped(with_results(runs), [](const RunData& run) { return covered_videos(run); });
  if (groups.size() > 1) {
    all.push_back(
        fmt::format("the means of the runs do not cover the same {}, so only the paired "
                    "differences compare them",
                    plural(item_word(runs))));
  }
  if (const auto averages = mixed_pixels(runs); !averages.empty()) {
    all.push_back(fmt::format(
        "the scored frames were decoded to different pixels among the replicates of {}: {}",
        listed(averages), kDecodersDiffer));
  }
  add_warnings(all, std::move(warnings));
  return all;
}

std::vector<std::string> identity_warnings(const std::vector<RunData>& all) {
  std::vector<std::string> warnings;
  const Group runs = with_results(all);
  for (const auto& same : grouped(
           runs, [](const RunData& run) { return std::pair(run.digest, run.dataset_digest); })) {
    if (same.size() < 2) continue;
    warnings.push_back(
        fmt::format("{} are names of one configuration: they share the same result rows",
                    listed(names_of(same))));
  }
  for (const auto& same : alike(runs, true)) {
    if (distinct_digests(same) < 2) continue;
    const auto differing = shared_parameters_that_differ(*same.front(), *same.back());
    warnings.push_back(fmt::format(
        "{} gave bit-identical metrics on all {} although their configurations "
        "differ{}: is the method inert, or was a result copied?",
        listed(names_of(same)), counted(same.front()->results.size(), same.front()->item),
        differing.empty() ? "" : fmt::format(" ({})", listed(differing))));
  }
  for (const auto& same : alike(runs, false)) {
    std::set<std::string> datasets;
    std::set<std::string> names;
    for (const RunData* run : same) {
      datasets.insert(run->dataset_digest);
      names.insert(run->dataset);
    }
    const Fingerprint by_video = fingerprint(*same.front(), true);
    const bool same_videos = std::all_of(same.begin(), same.end(), [&](const RunData* run) {
      return fingerprint(*run, true) == by_video;
    });
    if (datasets.size() < 2 || same_videos) continue;
    warnings.push_back(
        fmt::format("{} ran on different data sets ({}) and gave bit-identical metrics: was one "
                    "data set evaluated twice?",
                    listed(names_of(same)), listed(names)));
  }
  return warnings;
}

std::vector<std::string> environment_warnings(const std::vector<RunData>& runs) {
  std::vector<std::string> warnings;
  std::set<Environment> all;
  std::vector<std::string> mixed;
  for (const RunData& run : runs) {
    std::set<Environment> own;
    std::set<const Environment*> known;
    for (const VideoResult& result : run.results) {
      const Environment* environment = result.environment.get();
      if (!known.insert(environment).second) continue;
      own.insert(environment == nullptr ? Environment{} : *environment);
    }
    if (own.size() > 1) mixed.push_back(run.name);
    all.insert(own.begin(), own.end());
  }
  if (all.size() < 2) return warnings;
  warnings.push_back(fmt::format(
      "timings mix environments ({}): compare seconds only between runs of one environment",
      mixture_text(all)));
  if (!mixed.empty()) {
    warnings.push_back(fmt::format("within one run the environments differ in {}", listed(mixed)));
  }
  const bool computed_alike = values_of(all, "engine_build").size() == 1 &&
                              values_of(all, "dtype").size() == 1 &&
                              values_of(all, "kernels").size() == 1;
  if (!computed_alike) {
    warnings.push_back(
        "results of different builds, types or kernels are compared: see Provenance");
  }
  return warnings;
}

std::vector<std::string> design_warnings(const std::vector<RunData>& runs) {
  std::vector<std::string> warnings;
  std::set<std::string> draws;
  std::set<std::string> models;
  std::set<std::string> semantics;
  for (const RunData& run : runs) {
    semantics.insert(std::to_string(run.engine_semantics));
    draws.insert(fmt::format("{}/{}", level_of(run, "seed"), level_of(run, "replicate")));
    models.insert(short_digest(run.model_digest));
  }
  if (draws.size() == 1) {
    warnings.push_back(
        fmt::format("one seed only ({}): the intervals cover other {}, not other noise; use "
                    "`replicates: 3` to measure that",
                    level_of(runs.front(), "seed"), plural(item_word(runs))));
  }
  if (semantics.size() > 1) {
    warnings.push_back(
        fmt::format("engine_semantics is {}: the versions of the engine compute different results",
                    listed(semantics)));
  }
  if (models.size() > 1) {
    warnings.push_back(fmt::format("the runs used different models ({})", listed(models)));
  }
  add_warnings(warnings, mark_warnings(runs));
  return warnings;
}

namespace {

/// Runs whose comparisons have pairs, but too few for an inference.
std::vector<std::string> few_pairs(const std::vector<Comparison>& comparisons) {
  std::vector<std::string> runs;
  for (const Comparison& comparison : comparisons) {
    if (comparison.verdict() == Verdict::kTooFew) runs.push_back(comparison.run);
  }
  if (runs.empty()) return {};
  return {fmt::format("fewer than {} pairs in {}: too few for an interval or a test of the mean",
                      kLeastForInference, listed(runs))};
}

/// Early stopping that returned to the start state, and so measured no adaptation.
std::vector<std::string> unadapted_runs(const std::vector<Comparison>& comparisons) {
  std::vector<std::string> always;
  std::vector<std::string> at_times;
  for (const Comparison& comparison : comparisons) {
    if (comparison.never_adapted()) {
      always.push_back(comparison.run);
    } else if (comparison.unadapted > 0) {
      at_times.push_back(fmt::format("{} {} of {}{} (mean difference of the others {:+.{}f})",
                                     comparison.run, comparison.unadapted, comparison.pairs,
                                     comparison.replicates.of_run > 1 ? " in every replicate" : "",
                                     *comparison.adapted_difference, comparison.metric.decimals));
    }
  }
  std::vector<std::string> warnings;
  if (!at_times.empty()) {
    warnings.push_back(
        fmt::format("early stopping kept the start state (best_step 0) on some {}: {}",
                    plural(item_word(comparisons)), listed(at_times)));
  }
  if (!always.empty()) {
    warnings.push_back(
        fmt::format("{}: early stopping kept the start state on every {} (best_step 0), so nothing "
                    "was adapted",
                    listed(always), item_word(comparisons)));
  }
  return warnings;
}

/// Runs whose source frames are other pixels than those of their baselines.
std::vector<std::string> other_pixels(const std::vector<Comparison>& comparisons) {
  std::vector<std::string> runs;
  for (const Comparison& comparison : comparisons) {
    if (comparison.other_pixels == 0) continue;
    runs.push_back(fmt::format("{} than in {} ({} of {})", comparison.run, comparison.baseline,
                               comparison.other_pixels,
                               counted(comparison.pairs, comparison.item)));
  }
  if (runs.empty()) return {};
  return {
      fmt::format("the scored frames were decoded to other pixels in {}: {}, and the "
                  "differences between these runs hold that of the pixels too",
                  listed(runs), kDecodersDiffer)};
}

/// Videos that are left out because one id is two files.
std::vector<std::string> two_files_of_one_id(const std::vector<Comparison>& comparisons) {
  std::vector<std::string> warnings;
  for (const Comparison& comparison : comparisons) {
    const std::string videos = other_files(comparison);
    if (videos.empty()) continue;
    warnings.push_back(fmt::format(
        "{} and {} have different files for {} (content digests differ): left out of their "
        "differences",
        comparison.run, comparison.baseline, videos));
  }
  return warnings;
}

/// Comparisons of methods whose other settings differ too, in one sentence for each baseline and
/// list of settings.
std::vector<std::string> confounded_methods(const std::vector<Comparison>& comparisons) {
  std::map<std::string, std::size_t> places;
  std::vector<std::pair<std::vector<std::string>, std::string>> groups;  // runs, and the rest
  for (const Comparison& comparison : comparisons) {
    if (comparison.confounded.empty()) continue;
    const std::string rest =
        fmt::format("and {} differ in {} besides the method: the difference may be due to either",
                    comparison.baseline, listed(comparison.confounded));
    const auto [place, is_new] = places.emplace(rest, groups.size());
    if (is_new) groups.push_back({{}, rest});
    groups[place->second].first.push_back(comparison.run);
  }
  std::vector<std::string> warnings;
  for (const auto& [runs, rest] : groups) {
    warnings.push_back(fmt::format("{} {}", listed(runs), rest));
  }
  return warnings;
}

}  // namespace

std::vector<std::string> comparison_warnings(const std::vector<Comparison>& comparisons) {
  std::vector<std::string> warnings;
  for (const auto check :
       {two_files_of_one_id, confounded_methods, other_pixels, few_pairs, unadapted_runs}) {
    add_warnings(warnings, check(comparisons));
  }
  return warnings;
}

}  // namespace cox::report
