#include "coordinator/report/data/named_run.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <set>

#include "base/text.h"
#include "coordinator/report/data/name_pattern.h"
#include "coordinator/report/data/names.h"
#include "coordinator/report/data/replicates.h"

namespace cox::report {

namespace {

/// The series with replicates that `text` names, with or without the series.
Result<std::set<std::string>> series_with(const Query& query, const std::string& text) {
  COX_ASSIGN_OR_RETURN(const std::vector<RunName> names, run_names(query));
  std::set<std::string> found;
  for (const RunName& name : names) {
    const std::string full_name = fmt::format("{}/{}", name.series, name.run);
    if (is_replicate_of(name.run, text) || is_replicate_of(full_name, text)) {
      found.insert(name.series);
    }
  }
  return found;
}

/// "full" for replicate 2 called `full-r2`; "" for an average, and for a run that is called so for
/// another reason, as `lora-r8` of rank 8.
std::string replicate_group(const RunData& run) {
  const std::string number = replicate_number(run);
  const std::string ending = "-r" + number;
  if (!run.replicates.empty() || number.empty() || !ends_with(run.name, ending)) return "";
  return run.name.substr(0, run.name.size() - ending.size());
}

/// How many current runs of a series are replicates of that group.
Result<std::size_t> count_replicates(const Query& query, const std::string& series,
                                     const std::string& group) {
  COX_ASSIGN_OR_RETURN(const Table found,
                       query(fmt::format("SELECT 1 FROM v_runs WHERE series = {} AND superseded = 0"
                                         " AND run = {} || '-r' || replicate",
                                         sql_text(series), sql_text(group))));
  return found.rows.size();
}

/// The runs of a series that a pattern matched, by their names or those of their replicates; all of
/// them when `names` is empty.
std::vector<RunData> chosen_of(std::vector<RunData> runs, const std::set<std::string>& names) {
  std::vector<RunData> chosen;
  for (RunData& run : with_replicates_averaged(std::move(runs))) {
    const bool is_matched =
        names.empty() || names.contains(run.name) ||
        std::any_of(run.replicates.begin(), run.replicates.end(),
                    [&](const RunData& replicate) { return names.contains(replicate.name); });
    if (is_matched) chosen.push_back(std::move(run));
  }
  return chosen;
}

/// The runs of a series or pattern; none when it names nothing.
Result<std::vector<RunData>> runs_among(const Query& query, const std::string& name) {
  COX_ASSIGN_OR_RETURN(const std::vector<MatchedName> matched, names_matching(query, name));
  std::vector<std::string> order;
  std::map<std::string, std::set<std::string>> names_by_series;
  for (const MatchedName& match : matched) {
    if (match.series.empty()) {
      return invalid_argument(fmt::format(
          "'{}' matches jobs: expected a pattern of runs, such as 'SERIES/lora-*'", name));
    }
    const auto [series, is_new] = names_by_series.try_emplace(match.series);
    if (is_new) order.push_back(match.series);
    if (!match.run.empty()) series->second.insert(match.run);
  }
  std::vector<RunData> all;
  for (const std::string& series : order) {
    COX_ASSIGN_OR_RETURN(std::vector<RunData> runs, load_runs(query, series));
    for (RunData& run : chosen_of(std::move(runs), names_by_series.at(series))) {
      all.push_back(std::move(run));
    }
    if (all.size() > kMostNamedRuns) {
      return invalid_argument(
          fmt::format("'{}' names more than {} runs: name fewer", name, kMostNamedRuns));
    }
  }
  return all;
}

}  // namespace

Result<std::vector<NamedRun>> load_named_runs(const Query& query,
                                              const std::vector<std::string>& names,
                                              const RunData& except) {
  std::vector<NamedRun> all;
  std::set<std::string> known;
  for (const std::string& name : names) {
    Result<RunData> single = load_named_run(query, name);
    if (single.is_ok()) {
      if (known.insert(single->full_name()).second) all.push_back({*std::move(single), false});
      continue;
    }
    if (single.status().code() != StatusCode::kNotFound) return single.status();
    COX_ASSIGN_OR_RETURN(std::vector<RunData> several, runs_among(query, name));
    if (several.empty()) return single.status();
    std::erase_if(several, [&](const RunData& run) { return run.digest == except.digest; });
    if (several.empty()) {
      return not_found(fmt::format("'{}' names no run other than {}", name, except.full_name()));
    }
    for (RunData& run : several) {
      if (known.insert(run.full_name()).second) all.push_back({std::move(run), true});
    }
    if (all.size() > kMostNamedRuns) {
      return invalid_argument(
          fmt::format("{} runs are named: expected at most {}", all.size(), kMostNamedRuns));
    }
  }
  return all;
}

Result<RunData> load_named_run(const Query& query, const std::string& text) {
  const Result<RunName> single = find_run(query, text);
  if (single.is_ok()) {
    COX_ASSIGN_OR_RETURN(std::vector<RunData> runs, load_runs(query, single->series, single->run));
    return std::move(runs.front());
  }
  if (single.status().code() != StatusCode::kNotFound) return single.status();
  COX_ASSIGN_OR_RETURN(const std::set<std::string> series, series_with(query, text));
  if (series.empty()) return single.status();
  if (series.size() > 1) {
    return invalid_argument(
        fmt::format("'{0}' has replicates in {1} series; use SERIES/{0} with one of the series {2}",
                    text, series.size(), join({series.begin(), series.end()}, ", ")));
  }
  COX_ASSIGN_OR_RETURN(std::vector<RunData> runs, load_runs(query, *series.begin()));
  for (RunData& run : with_replicates_averaged(std::move(runs))) {
    if (run.name == text || run.full_name() == text) return std::move(run);
  }
  return single.status();
}

Result<std::vector<std::string>> replicate_warnings(const Query& query,
                                                    const std::vector<RunData>& runs) {
  constexpr std::size_t kMostNamed = 6;
  std::map<std::pair<std::string, std::string>, std::vector<std::string>> names;
  for (const RunData& run : runs) {
    const std::string group = replicate_group(run);
    if (!group.empty()) names[{run.series, group}].push_back(run.full_name());
  }
  std::vector<std::string> warnings;
  for (const auto& [place, members] : names) {
    const auto& [series, group] = place;
    COX_ASSIGN_OR_RETURN(const std::size_t count, count_replicates(query, series, group));
    if (count < 2) continue;
    warnings.push_back(fmt::format(
        "{} {} {} replicates; use {}/{} to compare their average", join_first(members, kMostNamed),
        members.size() == 1 ? "is one of" : "are among", count, series, group));
  }
  return warnings;
}

}  // namespace cox::report
