#include "coordinator/report/data/published.h"

#include <fmt/format.h>

#include <cmath>
#include <nlohmann/json.hpp>
#include <set>

#include "base/text.h"
#include "coordinator/report/data/row_reader.h"
#include "schemas/metric_schema.h"

namespace cox::report {

namespace {

using Json = nlohmann::json;

constexpr std::size_t kMaxErrors = 20;
constexpr std::string_view kMean = "_mean";
constexpr std::string_view kDeviation = "_std";
/// Most videos that a mean can be over.
constexpr double kMaxVideos = 1e9;

/// Reads the runs of one file and collects what is wrong with it.
class PublishedReader {
 public:
  explicit PublishedReader(const std::string& origin) : origin_(origin) {}

  Result<std::vector<store::PublishedResult>> read(const Json& file) {
    if (!file.is_object() || !file.contains("series") || !file["series"].is_array()) {
      error("", "expected an object with a list under 'series'");
    } else {
      for (const Json& series : file["series"]) read_series(series);
    }
    if (errors_.empty() && results_.empty()) error("", "has no published number");
    if (errors_.empty()) return std::move(results_);
    const std::size_t shown = std::min(errors_.size(), kMaxErrors);
    std::string message = join({errors_.begin(), errors_.begin() + static_cast<long>(shown)}, "\n");
    if (shown < errors_.size()) message += fmt::format("\nand {} more", errors_.size() - shown);
    return invalid_argument(message);
  }

 private:
  void error(const std::string& place, const std::string& problem) {
    errors_.push_back(place.empty() ? fmt::format("{}: {}", origin_, problem)
                                    : fmt::format("{}: {}: {}", origin_, place, problem));
  }

  /// "" and an error unless the object has a name there.
  std::string name_in(const Json& object, const char* key, const std::string& place) {
    if (object.is_object() && object.contains(key) && object[key].is_string()) {
      return object[key].get<std::string>();
    }
    error(place, fmt::format("expected a string under '{}'", key));
    return "";
  }

  void read_series(const Json& series) {
    const std::string name = name_in(series, "name", "a series");
    if (name.empty()) return;
    if (!series.contains("runs") || !series["runs"].is_array()) {
      return error(name, "expected a list under 'runs'");
    }
    for (const Json& run : series["runs"]) read_run(name, run);
  }

  void read_run(const std::string& series, const Json& run) {
    const std::string name = name_in(run, "id", series);
    if (name.empty()) return;
    const std::string place = series + "/" + name;
    if (!names_.insert(place).second) return error(place, "occurs twice");
    if (!run.contains("published")) return;
    const Json& published = run["published"];
    if (!published.is_object()) return error(place, "expected an object under 'published'");
    std::optional<std::int64_t> videos;
    std::map<std::string, store::PublishedResult> by_metric;
    std::set<std::string> with_mean;
    for (const auto& [key, value] : published.items()) {
      const std::optional<double> number = number_in(value, place, key);
      if (!number) continue;
      if (key == "n") {
        videos = videos_in(*number, place);
      } else if (key != "es_stopped") {  // the number of videos that stopped early is not a metric
        add(key, *number, place, by_metric, with_mean);
      }
    }
    for (auto& [metric, result] : by_metric) {
      if (with_mean.count(metric) == 0) {
        error(place, fmt::format("'{}{}' without '{}{}'", metric, kDeviation, metric, kMean));
        continue;
      }
      result.series = series;
      result.run = name;
      result.metric = metric;
      result.videos = videos;
      results_.push_back(std::move(result));
    }
  }

  std::optional<double> number_in(const Json& value, const std::string& place,
                                  const std::string& key) {
    if (value.is_null()) return std::nullopt;
    if (value.is_number() && std::isfinite(value.get<double>())) return value.get<double>();
    error(place, fmt::format("'{}': expected a number or null, got {}", key, value.dump()));
    return std::nullopt;
  }

  std::optional<std::int64_t> videos_in(double number, const std::string& place) {
    if (number >= 1 && number <= kMaxVideos && std::floor(number) == number) {
      return static_cast<std::int64_t>(number);
    }
    error(place, fmt::format("'n': expected a number of videos, got {}", number));
    return std::nullopt;
  }

  void add(const std::string& key, double number, const std::string& place,
           std::map<std::string, store::PublishedResult>& by_metric,
           std::set<std::string>& with_mean) {
    if (key == "train_s" || key == "gen_s") {
      const std::string column = key == "gen_s" ? "generate_s" : key;
      by_metric[column].mean = number;
      with_mean.insert(column);
      return;
    }
    const bool is_mean = ends_with(key, kMean);
    if (!is_mean && !ends_with(key, kDeviation)) return error(place, unknown(key));
    const std::string metric = key.substr(0, key.size() - (is_mean ? kMean : kDeviation).size());
    if (find_metric(metric) == nullptr) return error(place, unknown(key));
    if (is_mean) {
      by_metric[metric].mean = number;
      with_mean.insert(metric);
    } else {
      by_metric[metric].deviation = number;
    }
  }

  static std::string unknown(const std::string& key) {
    return fmt::format(
        "unknown key '{}'; expected n, train_s, gen_s, es_stopped, METRIC_mean or METRIC_std, "
        "where "
        "METRIC is one of {}",
        key, join(metric_names(), ", "));
  }

  std::string origin_;
  std::vector<std::string> errors_;
  std::set<std::string> names_;
  std::vector<store::PublishedResult> results_;
};

}  // namespace

Result<std::vector<Published>> published_of(const Query& query, const std::string& series) {
  COX_ASSIGN_OR_RETURN(
      const Table table,
      query(fmt::format("SELECT source, run, metric, mean, deviation, videos FROM v_published"
                        " WHERE series = {} ORDER BY run, metric, source",
                        sql_text(series))));
  std::vector<Published> all;
  for (std::size_t i = 0; i < table.rows.size(); ++i) {
    const RowReader row(table, i);
    Published& published = all.emplace_back();
    published.source = row.text("source");
    published.series = series;
    published.run = row.text("run");
    published.metric = row.text("metric");
    published.mean = row.real("mean");
    if (!row.is_null("deviation")) published.deviation = row.real("deviation");
    if (!row.is_null("videos")) published.videos = row.integer("videos");
  }
  return all;
}

Result<std::vector<store::PublishedResult>> read_published(const std::string& json,
                                                           const std::string& origin) {
  const Json file = Json::parse(json, nullptr, false);
  if (file.is_discarded()) return invalid_argument(fmt::format("{}: not JSON", origin));
  return PublishedReader(origin).read(file);
}

}  // namespace cox::report
