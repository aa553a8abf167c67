#include "coordinator/report/data/set_values.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstring>

#include "base/digest.h"
#include "coordinator/report/data/row_reader.h"
#include "coordinator/report/data/set_resampling.h"
#include "schemas/metric_schema.h"

namespace cox::report {

namespace {

/// The feature vectors of a run, with their videos.
struct Features {
  std::vector<std::string> videos;
  std::vector<std::string> digests;
  FeatureVectors vectors;
};

/// A variant over random weights has the function of its metric.
Result<const SetMetricFunction*> function_of(const std::string& metric) {
  const MetricSchema* schema = find_metric(metric);
  const bool is_variant = schema != nullptr && !schema->variant_of.empty();
  for (const SetMetricFunction& known : set_metric_functions()) {
    if (known.name == (is_variant ? schema->variant_of : metric)) return &known;
  }
  return invalid_argument(
      fmt::format("metric '{}' has no value over a set: expected a metric of scope set", metric));
}

Result<std::vector<float>> vector_of(const std::string& bytes) {
  if (bytes.empty() || bytes.size() % sizeof(float) != 0) {
    return internal_error(
        fmt::format("features of {} bytes are not float32 numbers", bytes.size()));
  }
  std::vector<float> numbers(bytes.size() / sizeof(float));
  std::memcpy(numbers.data(), bytes.data(), bytes.size());
  return numbers;
}

std::string condition(const std::string& series, const std::string& run,
                      const std::string& metric) {
  return fmt::format(" WHERE series = {} AND run = {} AND metric = {}", sql_text(series),
                     sql_text(run), sql_text(metric));
}

Result<Features> load_features(const Query& query, const std::string& where,
                               const std::set<std::string>& wanted) {
  COX_ASSIGN_OR_RETURN(
      const Table table,
      query("SELECT video, video_digest, features FROM v_features" + where + " ORDER BY video"));
  Features found;
  for (std::size_t i = 0; i < table.rows.size(); ++i) {
    const RowReader row(table, i);
    if (!wanted.empty() && !wanted.contains(row.text("video"))) continue;
    COX_ASSIGN_OR_RETURN(std::vector<float> numbers, vector_of(row.text("features")));
    if (!found.vectors.empty() && numbers.size() != found.vectors.front().size()) {
      return internal_error(fmt::format("features of '{}' are {} numbers, those of '{}' are {}",
                                        row.text("video"), numbers.size(), found.videos.front(),
                                        found.vectors.front().size()));
    }
    found.videos.push_back(row.text("video"));
    found.digests.push_back(row.text("video_digest"));
    found.vectors.push_back(std::move(numbers));
  }
  return found;
}

Status check_covered(const Features& found, const std::string& metric, const std::string& run,
                     const std::set<std::string>& wanted) {
  for (const std::string& video : wanted) {
    if (std::find(found.videos.begin(), found.videos.end(), video) != found.videos.end()) continue;
    return failed_precondition(
        fmt::format("video '{}' has no features for {} in run '{}'", video, metric, run));
  }
  if (!found.videos.empty()) return Status::ok();
  return not_found(fmt::format("no video of run '{}' has features for {}", run, metric));
}

}  // namespace

std::string covered_digest(std::vector<std::string> video_digests) {
  std::sort(video_digests.begin(), video_digests.end());
  Sha256 digest;
  for (const std::string& video : video_digests) digest.update(video + "\n");
  return digest.finish();
}

Result<std::map<std::string, std::string>> videos_with_features(const Query& query,
                                                                const std::string& series,
                                                                const std::string& run,
                                                                const std::string& metric) {
  COX_ASSIGN_OR_RETURN(const Table table, query("SELECT video, video_digest FROM v_features" +
                                                condition(series, run, metric)));
  std::map<std::string, std::string> videos;
  for (std::size_t i = 0; i < table.rows.size(); ++i) {
    const RowReader row(table, i);
    videos[row.text("video")] = row.text("video_digest");
  }
  return videos;
}

Result<VideoSet> load_video_set(const Query& query, const std::string& series,
                                const std::string& run, const std::string& metric,
                                const std::set<std::string>& videos) {
  COX_ASSIGN_OR_RETURN(const SetMetricFunction* function, function_of(metric));
  COX_ASSIGN_OR_RETURN(Features found,
                       load_features(query, condition(series, run, metric), videos));
  COX_RETURN_IF_ERROR(check_covered(found, metric, run, videos));
  VideoSet set{metric, std::move(found.videos), covered_digest(std::move(found.digests)), nullptr};
  COX_ASSIGN_OR_RETURN(set.statistic, function->statistic(found.vectors));
  if (set.videos.size() >= set.statistic->least_videos()) return set;
  return failed_precondition(fmt::format("{} of run '{}': expected at least {} videos, got {}",
                                         metric, run, set.statistic->least_videos(),
                                         set.videos.size()));
}

SetValue value_of(const VideoSet& set) {
  const std::size_t count = set.videos.size();
  return {set.metric,
          value_of_all(*set.statistic, count),
          set.statistic->dimension(),
          extrapolated(*set.statistic, count),
          set.videos,
          set.covered};
}

Result<SetValue> set_value(const Query& query, const std::string& series, const std::string& run,
                           const std::string& metric, const std::set<std::string>& videos) {
  COX_ASSIGN_OR_RETURN(const VideoSet set, load_video_set(query, series, run, metric, videos));
  return value_of(set);
}

Result<std::map<std::string, std::vector<SetValue>>> set_values_of_series(
    const Query& query, const std::string& series, std::vector<std::string>& warnings) {
  COX_ASSIGN_OR_RETURN(
      const Table measured,
      query(
          fmt::format("SELECT DISTINCT run, metric FROM v_features WHERE series = {} ORDER BY 1, 2",
                      sql_text(series))));
  std::map<std::string, std::vector<SetValue>> values;
  for (std::size_t i = 0; i < measured.rows.size(); ++i) {
    const RowReader row(measured, i);
    const std::string run = row.text("run");
    Result<SetValue> value = set_value(query, series, run, row.text("metric"));
    if (value.is_ok()) {
      values[run].push_back(std::move(value).value());
    } else {
      warnings.push_back(value.status().message());
    }
  }
  return values;
}

}  // namespace cox::report
