#include "coordinator/report/compare/set_comparison.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>
#include <span>

#include "base/text.h"
#include "coordinator/report/data/replicates.h"
#include "coordinator/report/data/row_reader.h"
#include "coordinator/report/data/set_resampling.h"
#include "coordinator/report/data/set_values.h"

namespace cox::report {

namespace {

/// Characters of a list of videos in a message.
constexpr std::size_t kMaxNamesBytes = 200;

bool has_features(const Table& table, const RunData& run, const std::string& metric) {
  for (std::size_t i = 0; i < table.rows.size(); ++i) {
    const RowReader row(table, i);
    if (row.text("run") == run.name && row.text("metric") == metric) return true;
  }
  return false;
}

std::set<std::string> metrics_in(const Table& table) {
  std::set<std::string> metrics;
  for (std::size_t i = 0; i < table.rows.size(); ++i) {
    metrics.insert(RowReader(table, i).text("metric"));
  }
  return metrics;
}

/// The baseline that the run, or the average that it is part of, is compared with; nullptr when it
/// is compared with none of `runs`.
const RunData* baseline_of(const RunData& compared, const std::vector<RunData>& runs,
                           const std::vector<Comparison>& comparisons) {
  for (const Comparison& comparison : comparisons) {
    if (comparison.run != compared.full_name()) continue;
    const auto found = std::find_if(runs.begin(), runs.end(), [&](const RunData& run) {
      return run.full_name() == comparison.baseline;
    });
    return found == runs.end() ? nullptr : &*found;
  }
  return nullptr;
}

/// The run as it ran that a run as it ran meets: of an average the replicate with the same number.
const RunData* single_baseline(const RunData& single, const RunData* baseline) {
  if (baseline == nullptr || baseline->replicates.empty()) return baseline;
  const auto same = std::find_if(baseline->replicates.begin(), baseline->replicates.end(),
                                 [&](const RunData& replicate) {
                                   return replicate_number(replicate) == replicate_number(single);
                                 });
  return same == baseline->replicates.end() ? nullptr : &*same;
}

class SetComparer {
 public:
  SetComparer(const Query& query, bool with_intervals, std::vector<std::string>& warnings)
      : query_(query), with_intervals_(with_intervals), warnings_(warnings) {}

  Result<SetComparison> compare(const std::string& metric, const RunData& run,
                                const RunData* baseline) {
    SetComparison made;
    made.metric = metric;
    made.run = run.full_name();
    COX_ASSIGN_OR_RETURN(const auto common, common_videos(metric, run, baseline));
    const std::optional<VideoSet> own = load(metric, run, common);
    if (own) {
      const SetValue value = value_of(*own);
      made.videos = value.videos.size();
      made.dimension = value.dimension;
      made.value = value.value;
      made.extrapolated = value.extrapolated;
    }
    if (common.empty()) return made;
    made.baseline = baseline->full_name();
    const std::optional<VideoSet> theirs = load(metric, *baseline, common);
    if (!theirs) return made;
    const SetValue value = value_of(*theirs);
    made.baseline_value = value.value;
    made.baseline_extrapolated = value.extrapolated;
    if (own) {
      made.interval = difference_interval(*own->statistic, *theirs->statistic, common.size(),
                                          with_intervals_ ? set_resamples(common.size()) : 0);
    }
    return made;
  }

  /// An error instead of a value that is absent.
  Result<SetComparison> compare_or_fail(const std::string& metric, const RunData& run,
                                        const RunData& baseline) {
    COX_RETURN_IF_ERROR(check_same_frames(baseline, run));
    for (const RunData* side : {&baseline, &run}) {
      COX_ASSIGN_OR_RETURN(const auto videos,
                           videos_with_features(query_, side->series, side->name, metric));
      if (!videos.empty()) continue;
      return failed_precondition(
          fmt::format("{} was not measured in {}", metric, side->full_name()));
    }
    COX_RETURN_IF_ERROR(check_same_weights(baseline, run, metric));
    COX_ASSIGN_OR_RETURN(SetComparison comparison, compare(metric, run, &baseline));
    if (comparison.difference()) {
      note_missing_interval(comparison);
      return comparison;
    }
    if (!comparison.baseline.empty()) return failed_precondition(warnings_.back());
    return failed_precondition(fmt::format("{} and {} share no video with features for {}",
                                           run.full_name(), baseline.full_name(), metric));
  }

 private:
  /// Empty when the run is compared with nothing.
  Result<std::set<std::string>> common_videos(const std::string& metric, const RunData& run,
                                              const RunData* baseline) {
    std::set<std::string> common;
    if (baseline == nullptr) return common;
    COX_ASSIGN_OR_RETURN(const auto ours,
                         videos_with_features(query_, run.series, run.name, metric));
    COX_ASSIGN_OR_RETURN(const auto theirs,
                         videos_with_features(query_, baseline->series, baseline->name, metric));
    if (!theirs.empty() && !check_same_weights(*baseline, run, metric).is_ok()) {
      warnings_.push_back(fmt::format("{} of {} and {} is not compared: its weights differ", metric,
                                      run.full_name(), baseline->full_name()));
      return common;
    }
    std::vector<std::string> other_files;
    for (const auto& [video, digest] : ours) {
      const auto same = theirs.find(video);
      if (same == theirs.end()) continue;
      if (same->second == digest) {
        common.insert(video);
      } else {
        other_files.push_back(video);
      }
    }
    if (!other_files.empty()) {
      warnings_.push_back(fmt::format(
          "{} of {} and {} leaves out {} of {} common ids, which name different files: {}", metric,
          run.full_name(), baseline->full_name(), other_files.size(),
          other_files.size() + common.size(),
          abbreviated(join(other_files, ", "), kMaxNamesBytes)));
    }
    return common;
  }

  std::optional<VideoSet> load(const std::string& metric, const RunData& run,
                               const std::set<std::string>& videos) {
    Result<VideoSet> set = load_video_set(query_, run.series, run.name, metric, videos);
    if (set.is_ok()) return std::move(set).value();
    warnings_.push_back(
        fmt::format("{} of {}: {}", metric, run.full_name(), set.status().message()));
    return std::nullopt;
  }

  void note_missing_interval(const SetComparison& made) {
    if (made.interval) return;
    warnings_.push_back(
        fmt::format("{} and {} have {} common videos, too few for an interval of the difference, "
                    "which requires {}",
                    made.run, made.baseline, made.videos, kLeastForInference));
  }

  const Query& query_;
  bool with_intervals_;
  std::vector<std::string>& warnings_;
};

}  // namespace

Result<std::vector<SetComparison>> compare_sets(const Query& query,
                                                const std::vector<RunData>& runs,
                                                const std::vector<Comparison>& comparisons,
                                                bool with_intervals,
                                                std::vector<std::string>& warnings) {
  COX_ASSIGN_OR_RETURN(
      const Table features,
      query(fmt::format("SELECT DISTINCT run, metric FROM v_features WHERE series = {}",
                        sql_text(runs.front().series))));
  std::vector<SetComparison> made;
  SetComparer comparer(query, with_intervals, warnings);
  for (const std::string& metric : metrics_in(features)) {
    for (const RunData& run : runs) {
      const RunData* baseline = baseline_of(run, runs, comparisons);
      for (const RunData& single : single_runs({run})) {
        if (!has_features(features, single, metric)) continue;
        COX_ASSIGN_OR_RETURN(SetComparison comparison,
                             comparer.compare(metric, single, single_baseline(single, baseline)));
        made.push_back(std::move(comparison));
      }
    }
  }
  return made;
}

Result<std::vector<SetComparison>> compare_named_sets(const Query& query, const std::string& metric,
                                                      const std::vector<RunData>& runs,
                                                      std::vector<std::string>& warnings) {
  std::vector<SetComparison> made;
  SetComparer comparer(query, /*with_intervals=*/true, warnings);
  for (const RunData& run : std::span(runs).subspan(1)) {
    for (const RunData& single : single_runs({run})) {
      const RunData* baseline = single_baseline(single, &runs.front());
      if (baseline == nullptr) {
        return failed_precondition(fmt::format("{} has no replicate with the number of {}",
                                               runs.front().full_name(), single.full_name()));
      }
      COX_ASSIGN_OR_RETURN(SetComparison comparison,
                           comparer.compare_or_fail(metric, single, *baseline));
      made.push_back(std::move(comparison));
    }
  }
  return made;
}

}  // namespace cox::report
