#include "coordinator/report/data/set_values.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstring>

#include "base/digest.h"
#include "coordinator/report/data/row_reader.h"
#include "coordinator/report/set_metrics/set_metrics.h"

namespace cox::report {

namespace {

/// The feature vectors of a run, with their videos.
struct Features {
  std::vector<std::string> videos;
  std::vector<std::string> digests;
  FeatureVectors vectors;
};

Result<const SetMetricFunction*> function_of(const std::string& metric) {
  for (const SetMetricFunction& known : set_metric_functions()) {
    if (known.name == metric) return &known;
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
  COX_ASSIGN_OR_RETURN(const Table table,
                       query("SELECT video, video_digest, features FROM v_features" + where +
                             " ORDER BY video_position"));
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

Result<std::set<std::string>> videos_with_features(const Query& query, const std::string& series,
                                                   const std::string& run,
                                                   const std::string& metric) {
  COX_ASSIGN_OR_RETURN(const Table table,
                       query("SELECT video FROM v_features" + condition(series, run, metric)));
  std::set<std::string> videos;
  for (std::size_t i = 0; i < table.rows.size(); ++i) {
    videos.insert(RowReader(table, i).text("video"));
  }
  return videos;
}

Result<SetValue> set_value(const Query& query, const std::string& series, const std::string& run,
                           const std::string& metric, const std::set<std::string>& videos) {
  COX_ASSIGN_OR_RETURN(const SetMetricFunction* function, function_of(metric));
  const std::string where = condition(series, run, metric);
  COX_ASSIGN_OR_RETURN(const Features found, load_features(query, where, videos));
  COX_RETURN_IF_ERROR(check_covered(found, metric, run, videos));
  SetValue made{metric, 0, found.videos, covered_digest(found.digests)};
  COX_ASSIGN_OR_RETURN(const Table stored,
                       query(fmt::format("SELECT value FROM v_set_metrics{} AND covered = {}",
                                         where, sql_text(made.covered))));
  if (!stored.rows.empty()) {
    made.value = RowReader(stored, 0).real("value");
    return made;
  }
  COX_ASSIGN_OR_RETURN(made.value, function->value(found.vectors));
  return made;
}

}  // namespace cox::report
