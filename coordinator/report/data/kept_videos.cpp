#include "coordinator/report/data/kept_videos.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <nlohmann/json.hpp>

#include "base/text.h"
#include "coordinator/report/data/metrics.h"
#include "coordinator/report/data/row_reader.h"
#include "coordinator/report/data/words.h"
#include "coordinator/report/statistics/summary.h"

namespace cox::report {

namespace {

using Json = nlohmann::json;

struct Item {
  std::string run;
  std::string video;
  std::string job;
};

Result<std::vector<Item>> items_of(const Query& query, const std::string& series) {
  COX_ASSIGN_OR_RETURN(
      const Table table,
      query(fmt::format("SELECT run, video, job_digest FROM v_results WHERE series = {}",
                        sql_text(series))));
  std::vector<Item> items;
  for (std::size_t i = 0; i < table.rows.size(); ++i) {
    const RowReader row(table, i);
    items.push_back({row.text("run"), row.text("video"), row.text("job_digest")});
  }
  return items;
}

/// Queued, blocked, leased and paused jobs of a series.
Result<std::int64_t> jobs_left(const Query& query, const std::string& series) {
  COX_ASSIGN_OR_RETURN(
      const Table table,
      query(fmt::format("SELECT coalesce(sum(queued + blocked + leased + paused), 0) AS open "
                        "FROM v_run_states WHERE series = {}",
                        sql_text(series))));
  return RowReader(table, 0).integer("open");
}

/// A metric of each run on each video.
using Values = std::map<std::string, std::map<std::string, double>>;

Result<Values> values_of(const Query& query, const std::string& series, const std::string& metric) {
  COX_ASSIGN_OR_RETURN(
      const Table table,
      query(fmt::format("SELECT run, video, \"{0}\" AS value FROM v_results WHERE series = {1} "
                        "AND \"{0}\" IS NOT NULL",
                        metric, sql_text(series))));
  Values values;
  for (std::size_t i = 0; i < table.rows.size(); ++i) {
    const RowReader row(table, i);
    values[row.text("run")][row.text("video")] = row.real("value");
  }
  return values;
}

/// The mean of each run over the videos on which all have the metric; empty without any.
std::map<std::string, double> common_means(const Values& values) {
  std::map<std::string, std::size_t> counts;
  for (const auto& [run, of_run] : values) {
    for (const auto& [video, value] : of_run) ++counts[video];
  }
  std::map<std::string, double> means;
  for (const auto& [run, of_run] : values) {
    std::vector<double> common;
    for (const auto& [video, value] : of_run) {
      if (counts[video] == values.size()) common.push_back(value);
    }
    if (const auto mean = mean_of(std::move(common))) means[run] = *mean;
  }
  return means;
}

struct Best {
  std::set<std::string> runs;  ///< whose videos stay
  std::string why_all;         ///< not "" when all stay
};

/// The best runs with the baseline, or why all of a series stay.
Result<Best> best_runs(const Query& query, const std::string& series, const std::string& baseline,
                       const Retention& keep) {
  COX_ASSIGN_OR_RETURN(const Metric metric, metric_named(keep.metric));
  const std::vector<std::string> columns = metric_columns();
  if (std::find(columns.begin(), columns.end(), metric.name) == columns.end()) {
    return Best{{}, fmt::format("{} has no value of each item", metric.name)};
  }
  COX_ASSIGN_OR_RETURN(const std::int64_t open, jobs_left(query, series));
  if (open > 0) return Best{{}, fmt::format("{} left to do", counted(open, "job"))};
  COX_ASSIGN_OR_RETURN(const Values values, values_of(query, series, metric.name));
  const std::map<std::string, double> means = common_means(values);
  if (means.empty()) {
    return Best{{}, fmt::format("its runs have {} on no common item", metric.name)};
  }
  std::vector<std::pair<double, std::string>> ranked;  // the best first
  for (const auto& [run, mean] : means) {
    ranked.emplace_back(metric.higher_is_better ? -mean : mean, run);
  }
  std::sort(ranked.begin(), ranked.end());
  const std::size_t places = std::min(ranked.size(), static_cast<std::size_t>(keep.runs));
  const double worst_kept = ranked[places - 1].first;
  Best best;
  for (const auto& [rank, run] : ranked) {
    if (rank <= worst_kept) best.runs.insert(run);  // equal means stay together
  }
  best.runs.insert(starts_with(baseline, series + "/") ? baseline.substr(series.size() + 1)
                                                       : baseline);
  return best;
}

/// Adds what one series keeps.
Status add_kept(const Query& query, const std::string& series, const std::string& baseline,
                const Retention& keep, KeptVideos& kept) {
  COX_ASSIGN_OR_RETURN(const std::vector<Item> items, items_of(query, series));
  Best best;
  if (keep.kind == Retention::Kind::kBest) {
    COX_ASSIGN_OR_RETURN(best, best_runs(query, series, baseline, keep));
    if (!best.why_all.empty()) {
      kept.notes.push_back(
          fmt::format("series {} keeps all its videos for now: {}", series, best.why_all));
    }
  }
  const std::set<std::string> videos(keep.items.begin(), keep.items.end());
  for (const Item& item : items) {
    const bool stays = keep.kind == Retention::Kind::kAll ||
                       (keep.kind == Retention::Kind::kItems && videos.contains(item.video)) ||
                       (keep.kind == Retention::Kind::kBest &&
                        (!best.why_all.empty() || best.runs.contains(item.run)));
    if (stays) kept.jobs.insert(item.job);
  }
  return Status::ok();
}

}  // namespace

Result<Retention> retention_of(const std::string& text) {
  const Json json = Json::parse(text, nullptr, false);
  const auto wrong = [&] { return internal_error(fmt::format("v_series.keep is '{}'", text)); };
  if (!json.is_object() || !json.contains("kind") || !json["kind"].is_string()) return wrong();
  const auto kind = json["kind"].get<std::string>();
  Retention keep;
  if (kind == "all") return keep;
  if (kind == "none") {
    keep.kind = Retention::Kind::kNone;
    return keep;
  }
  if (kind == "best" && json.contains("runs") && json["runs"].is_number_integer() &&
      json["runs"].get<std::int64_t>() > 0 && json.contains("metric") &&
      json["metric"].is_string()) {
    keep.kind = Retention::Kind::kBest;
    keep.runs = json["runs"].get<std::int64_t>();
    keep.metric = json["metric"].get<std::string>();
    return keep;
  }
  if (kind != "items" || !json.contains("items") || !json["items"].is_array()) return wrong();
  keep.kind = Retention::Kind::kItems;
  for (const Json& item : json["items"]) {
    if (!item.is_string()) return wrong();
    keep.items.push_back(item.get<std::string>());
  }
  return keep;
}

Result<KeptVideos> kept_videos(const Query& query) {
  COX_ASSIGN_OR_RETURN(const Table table,
                       query("SELECT series, keep, baseline FROM v_series ORDER BY series"));
  KeptVideos kept;
  for (std::size_t i = 0; i < table.rows.size(); ++i) {
    const RowReader row(table, i);
    COX_ASSIGN_OR_RETURN(const Retention keep, retention_of(row.text("keep")));
    COX_RETURN_IF_ERROR(add_kept(query, row.text("series"), row.text("baseline"), keep, kept));
  }
  return kept;
}

}  // namespace cox::report
