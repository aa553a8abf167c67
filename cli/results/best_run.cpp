#include "cli/results/best_run.h"

#include <map>
#include <nlohmann/json.hpp>
#include <utility>

#include "base/text.h"
#include "cli/output/number.h"
#include "coordinator/report/data/metrics.h"
#include "coordinator/report/statistics/summary.h"

namespace cox::cli {

namespace {

/// A run of the series, as the query below has it.
struct Candidate {
  std::string run;
  nlohmann::json parameters;
  std::string configuration;  ///< all that tells it from others, the replicate aside
  std::int64_t open = 0;      ///< jobs without a result that were not expected to fail
  std::int64_t done = 0;
  std::optional<double> mean;
};

Result<Candidate> candidate_of(const std::vector<Cell>& row) {
  Candidate candidate;
  candidate.run = std::get<std::string>(row[0]);
  candidate.parameters = nlohmann::json::parse(std::get<std::string>(row[1]), nullptr, false);
  if (!candidate.parameters.is_object()) {
    return internal_error(concat("the parameters of run ", candidate.run, " are no JSON object"));
  }
  candidate.open = std::get<std::int64_t>(row[2]);
  candidate.done = std::get<std::int64_t>(row[3]);
  if (const auto* mean = std::get_if<double>(&row[4])) candidate.mean = *mean;
  nlohmann::json others = candidate.parameters;
  others.erase("replicate");
  candidate.configuration = concat(std::get<std::string>(row[5]), ' ', others.dump());
  return candidate;
}

Status check_comparable(const std::vector<Candidate>& candidates, std::int64_t videos,
                        const sweep::BestQuery& query) {
  for (const Candidate& candidate : candidates) {
    const std::string name = concat("run ", query.series, '/', candidate.run);
    if (candidate.open > 0) {
      return failed_precondition(concat("series '", query.series, "' is not finished: ", name,
                                        " has ",
                                        counted(static_cast<std::uint64_t>(candidate.open), "job"),
                                        " without a result; finish the series first"));
    }
    if (candidate.done != videos) {
      return failed_precondition(concat(name, " has results on ", candidate.done, " of the ",
                                        videos,
                                        " videos that some run of the series finished: means over "
                                        "different videos cannot be compared"));
    }
    if (!candidate.mean) {
      return failed_precondition(concat(name, " has no ", query.metric,
                                        ": it was not measured, or is not finite on a video"));
    }
  }
  return Status::ok();
}

/// Replicates as one candidate at the place of the first, named after it, with the mean of their
/// means: all cover the same videos. One draw of noise wins no sweep.
std::vector<Candidate> averaged(const std::vector<Candidate>& candidates) {
  std::vector<Candidate> all;
  std::map<std::string, std::vector<double>> means;
  for (const Candidate& candidate : candidates) {
    auto& of_configuration = means[candidate.configuration];
    if (of_configuration.empty()) all.push_back(candidate);
    of_configuration.push_back(*candidate.mean);
  }
  for (Candidate& candidate : all) {
    candidate.mean = report::mean_of(means.at(candidate.configuration));
  }
  return all;
}

/// LPIPS over other weights is another measure: no run is the best of both.
Status check_weights(ResultSource& source, const sweep::BestQuery& query) {
  if (!report::is_lpips(query.metric)) return Status::ok();
  COX_ASSIGN_OR_RETURN(
      const Rows weights,
      source.query(concat("SELECT DISTINCT lpips_weights_digest FROM v_results WHERE ",
                          query.metric, " IS NOT NULL AND series = ", sql_text(query.series))));
  if (weights.cells.size() < 2) return Status::ok();
  return failed_precondition(concat("the runs of series '", query.series, "' measured ",
                                    query.metric, " over ", weights.cells.size(),
                                    " different weights (lpips_weights_digest of v_results): none "
                                    "of them is the best"));
}

/// Every parameter as JSON.
std::map<std::string, std::string> parameters_of(const Candidate& candidate) {
  std::map<std::string, std::string> parameters;
  for (const auto& [name, value] : candidate.parameters.items()) parameters[name] = value.dump();
  return parameters;
}

}  // namespace

Result<sweep::BestRun> find_best_run(ResultSource& source, const sweep::BestQuery& query) {
  const std::string where = concat(" WHERE series = ", sql_text(query.series));
  COX_ASSIGN_OR_RETURN(
      const Rows rows,
      source.query(concat("SELECT run, parameters, videos - done - failed_as_expected, done,"
                          " CASE WHEN nonfinite_results = 0 THEN ",
                          query.metric, " END, method || ' ' || model_digest FROM v_runs", where,
                          " AND superseded = 0 ORDER BY position")));
  if (rows.cells.empty()) {
    return not_found(concat("there is no series '", query.series, "' in ", source.description()));
  }
  COX_RETURN_IF_ERROR(check_weights(source, query));
  COX_ASSIGN_OR_RETURN(const Rows finished,
                       source.query(concat("SELECT count(DISTINCT video) FROM v_results", where)));
  std::vector<Candidate> candidates;
  for (const auto& row : rows.cells) {
    COX_ASSIGN_OR_RETURN(Candidate candidate, candidate_of(row));
    candidates.push_back(std::move(candidate));
  }
  const auto videos = std::get<std::int64_t>(finished.cells.front()[0]);
  COX_RETURN_IF_ERROR(check_comparable(candidates, videos, query));
  candidates = averaged(candidates);
  const Candidate* best = &candidates.front();
  for (const Candidate& candidate : candidates) {
    const bool better =
        query.highest ? *candidate.mean > *best->mean : *candidate.mean < *best->mean;
    if (better) best = &candidate;
  }
  return sweep::BestRun{concat(query.series, '/', best->run), parameters_of(*best)};
}

sweep::FindBest best_finder(std::function<Result<Place>()> choose) {
  return [choose = std::move(choose)](const sweep::BestQuery& query) -> Result<sweep::BestRun> {
    COX_ASSIGN_OR_RETURN(const Place place, choose());
    COX_ASSIGN_OR_RETURN(const auto source, open_source(place));
    return find_best_run(*source, query);
  };
}

}  // namespace cox::cli
