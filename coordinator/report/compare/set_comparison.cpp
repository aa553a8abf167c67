#include "coordinator/report/compare/set_comparison.h"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <set>

#include "coordinator/report/data/metrics.h"
#include "coordinator/report/data/replicates.h"
#include "coordinator/report/data/row_reader.h"
#include "coordinator/report/data/set_resampling.h"
#include "coordinator/report/data/set_values.h"

namespace cox::report {

namespace {

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

/// Whether both runs' features come from the same weights; true for a metric without any.
bool share_weights(const std::string& metric, const RunData& one, const RunData& other) {
  const std::string column = weights_column(metric);
  const auto digest = [&](const RunData& run) {
    const auto found = run.weights_digests.find(column);
    return found == run.weights_digests.end() ? "" : found->second;
  };
  return column.empty() || digest(one) == digest(other);
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
    if (own && own->covered != theirs->covered) {
      warnings_.push_back(
          fmt::format("{} of {} and {} is not compared: videos of one id are other files", metric,
                      made.run, made.baseline));
      return made;
    }
    const SetValue value = value_of(*theirs);
    made.baseline_value = value.value;
    made.baseline_extrapolated = value.extrapolated;
    if (own) {
      made.interval = difference_interval(*own->statistic, *theirs->statistic, common.size(),
                                          with_intervals_ ? set_resamples(common.size()) : 0);
    }
    return made;
  }

 private:
  /// Empty when the run is compared with nothing.
  Result<std::set<std::string>> common_videos(const std::string& metric, const RunData& run,
                                              const RunData* baseline) {
    std::set<std::string> common;
    if (baseline == nullptr) return common;
    COX_ASSIGN_OR_RETURN(const auto ours, videos_of(metric, run));
    COX_ASSIGN_OR_RETURN(const auto theirs, videos_of(metric, *baseline));
    if (!theirs.empty() && !share_weights(metric, run, *baseline)) {
      warnings_.push_back(fmt::format("{} of {} and {} is not compared: its weights differ", metric,
                                      run.full_name(), baseline->full_name()));
      return common;
    }
    std::set_intersection(ours.begin(), ours.end(), theirs.begin(), theirs.end(),
                          std::inserter(common, common.end()));
    return common;
  }

  Result<std::set<std::string>> videos_of(const std::string& metric, const RunData& run) {
    return videos_with_features(query_, run.series, run.name, metric);
  }

  std::optional<VideoSet> load(const std::string& metric, const RunData& run,
                               const std::set<std::string>& videos) {
    Result<VideoSet> set = load_video_set(query_, run.series, run.name, metric, videos);
    if (set.is_ok()) return std::move(set).value();
    warnings_.push_back(
        fmt::format("{} of {}: {}", metric, run.full_name(), set.status().message()));
    return std::nullopt;
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
  for (std::size_t i = 1; i < runs.size(); ++i) {
    for (const RunData& single : single_runs({runs[i]})) {
      const RunData* baseline = single_baseline(single, &runs.front());
      if (baseline == nullptr) {
        return failed_precondition(fmt::format("{} has no replicate with the number of {}",
                                               runs.front().full_name(), single.full_name()));
      }
      const std::string window = window_difference(*baseline, single);
      if (!window.empty()) {
        return failed_precondition(
            fmt::format("{}: they are scored on different pixels and cannot be compared", window));
      }
      COX_ASSIGN_OR_RETURN(SetComparison comparison, comparer.compare(metric, single, baseline));
      if (!comparison.difference()) {
        return failed_precondition(
            warnings.empty() ? fmt::format("{} and {} share no video with features for {}",
                                           single.full_name(), baseline->full_name(), metric)
                             : warnings.back());
      }
      made.push_back(std::move(comparison));
    }
  }
  return made;
}

}  // namespace cox::report
