#include "cli/results/series_results.h"

#include <algorithm>
#include <map>
#include <set>

#include "base/text.h"
#include "cli/output/number.h"
#include "coordinator/report/statistics/summary.h"

namespace cox::cli {

namespace {

constexpr size_t kMaxCountedRuns = 6;  ///< in one warning

std::string text_of(const Cell& cell) { return readable_cell("", cell); }

std::int64_t integer_of(const Cell& cell) {
  const auto* value = std::get_if<std::int64_t>(&cell);
  return value == nullptr ? 0 : *value;
}

Status unknown_series(ResultSource& source, const std::string& series) {
  const Result<Rows> known = source.query("SELECT DISTINCT series FROM v_names ORDER BY series");
  if (!known.is_ok()) return known.status();
  std::vector<std::string> names;
  for (const auto& row : known->cells) names.push_back(text_of(row.front()));
  const std::string nearest = nearest_name(series, names);
  return not_found(concat("no series '", series, "' in ", source.description(),
                          names.empty()     ? "; it holds none"
                          : nearest.empty() ? concat("; it holds ", join(names, ", "))
                                            : concat("; did you mean '", nearest, "'?")));
}

std::vector<std::string> mixed_machines(const Rows& runs) {
  std::vector<std::string> warnings;
  for (const auto& row : runs.cells) {
    if (integer_of(row[1]) > 1) {
      warnings.push_back(concat("the timings of '", text_of(row[0]), "' come from ",
                                integer_of(row[1]), " different machines or builds"));
    }
    if (integer_of(row[2]) > 0) {
      warnings.push_back(concat(counted(static_cast<std::uint64_t>(integer_of(row[2])), "result"),
                                " of '", text_of(row[0]),
                                "' had a metric that is not a finite number; no mean has it"));
    }
  }
  return warnings;
}

/// Fills the columns psnr_se and ssim_se: the standard error of each run's mean.
Status add_standard_errors(ResultSource& source, const std::string& series, Rows& rows) {
  for (const std::string metric : {"psnr", "ssim"}) {
    COX_ASSIGN_OR_RETURN(auto values, values_by_run(source, series, metric));
    const auto column = static_cast<std::size_t>(
        std::find(rows.columns.begin(), rows.columns.end(), metric + "_se") - rows.columns.begin());
    for (auto& row : rows.cells) {
      const auto error = report::summarized(values[text_of(row[0])]).standard_error;
      if (error) row[column] = *error;
    }
  }
  return Status::ok();
}

}  // namespace

Status check_series(ResultSource& source, const std::string& series) {
  COX_ASSIGN_OR_RETURN(
      const Rows rows,
      source.query(concat("SELECT 1 FROM v_jobs WHERE series = ", sql_text(series), " LIMIT 1")));
  return rows.cells.empty() ? unknown_series(source, series) : Status::ok();
}

Result<Rows> series_means(ResultSource& source, const std::string& series) {
  COX_ASSIGN_OR_RETURN(
      Rows rows,
      source.query(
          concat("SELECT run, done, videos, failed + quarantined AS failed, failed_as_expected AS "
                 "expected,"
                 " cancelled, psnr, NULL AS psnr_se, ssim, NULL AS ssim_se, lpips, "
                 "lpips_random_trunk, train_s, early_stop_s, generate_s,"
                 " total_s FROM v_runs WHERE superseded = 0 AND series = ",
                 sql_text(series), " ORDER BY position")));
  if (rows.cells.empty()) return unknown_series(source, series);
  COX_RETURN_IF_ERROR(add_standard_errors(source, series, rows));
  return without_empty_columns(
      rows, {"psnr", "psnr_se", "ssim", "ssim_se", "lpips", "lpips_random_trunk"});
}

Result<std::map<std::string, std::vector<double>>> values_by_run(ResultSource& source,
                                                                 const std::string& series,
                                                                 const std::string& metric) {
  COX_ASSIGN_OR_RETURN(
      const Rows rows,
      source.query(concat("SELECT run, \"", metric, "\" FROM v_results WHERE \"", metric,
                          "\" IS NOT NULL AND series = ", sql_text(series))));
  std::map<std::string, std::vector<double>> values;
  for (const auto& row : rows.cells) values[text_of(row[0])].push_back(std::get<double>(row[1]));
  return values;
}

Result<Rows> series_failures(ResultSource& source, const std::string& series) {
  return source.query(concat(
      "SELECT run, video, state, cause, detail, CASE expected WHEN 1 THEN 'yes' ELSE 'no' END AS"
      " expected, attempt, message, substr(job_digest, 1, 12) AS job FROM v_failures"
      " WHERE series = ",
      sql_text(series), " ORDER BY expected, run, video"));
}

Rows without_empty_columns(const Rows& rows, const std::vector<std::string>& names) {
  std::vector<size_t> kept;
  for (size_t c = 0; c < rows.columns.size(); ++c) {
    const bool optional = std::find(names.begin(), names.end(), rows.columns[c]) != names.end();
    const bool empty = std::all_of(rows.cells.begin(), rows.cells.end(), [c](const auto& row) {
      return std::holds_alternative<std::monostate>(row[c]);
    });
    if (!optional || !empty) kept.push_back(c);
  }
  Rows less;
  for (const size_t c : kept) less.columns.push_back(rows.columns[c]);
  for (const auto& row : rows.cells) {
    auto& cells = less.cells.emplace_back();
    for (const size_t c : kept) cells.push_back(row[c]);
  }
  return less;
}

std::vector<std::string> coverage_warnings(const Rows& done) {
  std::map<std::string, std::set<std::string>> videos_by_run;
  for (const auto& row : done.cells) videos_by_run[text_of(row[0])].insert(text_of(row[1]));
  if (videos_by_run.empty()) return {};
  const auto& [first_run, first_videos] = *videos_by_run.begin();
  std::set<std::string> shared = first_videos;
  bool equal = true;
  for (const auto& [run, videos] : videos_by_run) {
    equal = equal && videos == first_videos;
    std::erase_if(shared, [&](const std::string& video) { return !videos.contains(video); });
  }
  if (equal) return {};
  std::vector<std::string> counts;
  for (const auto& [run, videos] : videos_by_run) {
    if (counts.size() == kMaxCountedRuns) {
      counts.push_back("...");
      break;
    }
    counts.push_back(concat(run, ' ', videos.size()));
  }
  return {concat("the means do not cover the same videos (", join(counts, ", "),
                 "; in all runs: ", counted(shared.size(), "video"), "): do not compare them")};
}

Result<std::vector<std::string>> warnings_about(ResultSource& source, const std::string& series) {
  COX_ASSIGN_OR_RETURN(
      const Rows done,
      source.query(concat("SELECT run, video FROM v_results WHERE series = ", sql_text(series))));
  std::vector<std::string> warnings = coverage_warnings(done);
  COX_ASSIGN_OR_RETURN(
      const Rows runs,
      source.query(concat("SELECT run, environments, nonfinite_results FROM v_leaderboard"
                          " WHERE series = ",
                          sql_text(series), " ORDER BY position")));
  for (std::string& warning : mixed_machines(runs)) warnings.push_back(std::move(warning));
  for (const std::string metric : {"lpips", "lpips_random_trunk"}) {
    COX_ASSIGN_OR_RETURN(
        const Rows weights,
        source.query(concat("SELECT DISTINCT lpips_weights_digest FROM v_results WHERE ", metric,
                            " IS NOT NULL AND series = ", sql_text(series))));
    if (weights.cells.size() < 2) continue;
    warnings.push_back(concat(metric, " was measured over ", weights.cells.size(),
                              " different weights (lpips_weights_digest): do not compare the runs "
                              "in it"));
  }
  return warnings;
}

}  // namespace cox::cli
