#include "coordinator/report/data/names.h"

#include <fmt/format.h>

#include <set>

#include "base/text.h"
#include "coordinator/report/data/row_reader.h"

namespace cox::report {

namespace {

constexpr std::size_t kShortestDigest = 8;
constexpr std::size_t kDigestLength = 64;
constexpr std::size_t kMaxNamed = 8;  ///< candidates in one message

bool is_digest_prefix(const std::string& text) {
  return text.size() >= kShortestDigest && text.size() <= kDigestLength &&
         text.find_first_not_of("0123456789abcdef") == std::string::npos;
}

std::string listed(const std::set<std::string>& names) {
  return join_first({names.begin(), names.end()}, kMaxNamed);
}

std::string or_digest(const std::string& column, const std::string& text) {
  if (!is_digest_prefix(text)) return "";
  return fmt::format(" OR substr({}, 1, {}) = {}", column, text.size(), sql_text(text));
}

/// Compares joined names instead of splitting `text`: each part may contain slashes.
std::string run_condition(const std::string& text) {
  return fmt::format("series || '/' || run = {0} OR run = {0}{1}", sql_text(text),
                     or_digest("run_digest", text));
}

std::string job_condition(const std::string& text) {
  return fmt::format("series || '/' || run || '/' || video = {0} OR run || '/' || video = {0}{1}",
                     sql_text(text), or_digest("job_digest", text));
}

Status unknown_run(const Query& query, const std::string& text) {
  COX_ASSIGN_OR_RETURN(const std::vector<RunName> runs, run_names(query));
  std::vector<std::string> names;
  for (const RunName& run : runs) {
    names.push_back(fmt::format("{}/{}", run.series, run.run));
    names.push_back(run.run);
  }
  const std::string nearest = nearest_name(text, names);
  return not_found(fmt::format("no run '{}' in {}{}", text, query.source(),
                               nearest.empty() ? "; 'cox status SERIES' lists the runs of a series"
                                               : fmt::format("; did you mean '{}'?", nearest)));
}

}  // namespace

std::string condition_of(const RunName& name) {
  return fmt::format("series = {} AND run = {}", sql_text(name.series), sql_text(name.run));
}

Result<std::vector<std::string>> series_names(const Query& query) {
  COX_ASSIGN_OR_RETURN(const Table table,
                       query("SELECT DISTINCT series FROM v_names ORDER BY series"));
  std::vector<std::string> names;
  for (std::size_t i = 0; i < table.rows.size(); ++i) {
    names.push_back(RowReader(table, i).text("series"));
  }
  return names;
}

Result<std::vector<RunName>> run_names(const Query& query) {
  COX_ASSIGN_OR_RETURN(
      const Table table,
      query("SELECT series, run, run_digest FROM v_names ORDER BY series, position"));
  std::vector<RunName> names;
  for (std::size_t i = 0; i < table.rows.size(); ++i) {
    const RowReader row(table, i);
    names.push_back({row.text("series"), row.text("run"), row.text("run_digest")});
  }
  return names;
}

Status check_series(const Query& query, const std::string& series) {
  COX_ASSIGN_OR_RETURN(
      const Table found,
      query(fmt::format("SELECT 1 FROM v_names WHERE series = {} LIMIT 1", sql_text(series))));
  if (!found.rows.empty()) return Status::ok();
  COX_ASSIGN_OR_RETURN(const std::vector<std::string> names, series_names(query));
  const std::string nearest = nearest_name(series, names);
  std::string advice = "; it is empty";
  if (!names.empty()) advice = fmt::format("; it has {}", join_first(names, kMaxNamed));
  if (!nearest.empty()) advice = fmt::format("; did you mean '{}'?", nearest);
  return not_found(fmt::format("no series '{}' in {}{}", series, query.source(), advice));
}

Result<RunName> find_run(const Query& query, const std::string& text) {
  COX_ASSIGN_OR_RETURN(const Table table,
                       query(fmt::format("SELECT series, run, run_digest FROM v_names WHERE ({}) "
                                         "ORDER BY owner_series <> series, series, run",
                                         run_condition(text))));
  if (table.rows.empty()) return unknown_run(query, text);
  std::set<std::string> digests;
  std::set<std::string> names;
  for (std::size_t i = 0; i < table.rows.size(); ++i) {
    const RowReader row(table, i);
    digests.insert(row.text("run_digest"));
    names.insert(fmt::format("{}/{}", row.text("series"), row.text("run")));
  }
  if (digests.size() > 1) {
    return invalid_argument(
        fmt::format("'{}' names {} runs; use one of: {}", text, digests.size(), listed(names)));
  }
  const RowReader row(table, 0);
  return RunName{row.text("series"), row.text("run"), row.text("run_digest")};
}

Result<std::string> find_job(const Query& query, const std::string& text) {
  COX_ASSIGN_OR_RETURN(const Table table,
                       query(fmt::format("SELECT DISTINCT job_digest FROM v_jobs WHERE {} LIMIT {}",
                                         job_condition(text), kMaxNamed + 1)));
  if (table.rows.empty()) {
    return not_found(
        fmt::format("no job '{}' in {}; use SERIES/RUN/ITEM or {} or more characters "
                    "of its digest ('cox results SERIES --jobs')",
                    text, query.source(), kShortestDigest));
  }
  std::set<std::string> digests;
  for (std::size_t i = 0; i < table.rows.size(); ++i) {
    digests.insert(RowReader(table, i).text("job_digest"));
  }
  if (digests.size() == 1) return *digests.begin();
  std::set<std::string> shown;
  for (const std::string& digest : digests) shown.insert(digest.substr(0, 16));
  return invalid_argument(
      fmt::format("'{}' names several jobs; use one of: {}", text, listed(shown)));
}

}  // namespace cox::report
