#include "cli/lookup.h"

#include <set>

#include "base/text.h"
#include "cli/output/number.h"

namespace cox::cli {

namespace {

constexpr size_t kShortestDigest = 8;
constexpr size_t kMaxNamed = 8;  ///< candidates in one message

bool is_digest_prefix(const std::string& text) {
  return text.size() >= kShortestDigest && text.size() <= 64 &&
         text.find_first_not_of("0123456789abcdef") == std::string::npos;
}

std::string listed(const std::set<std::string>& names) {
  std::vector<std::string> shown(names.begin(), names.end());
  if (shown.size() > kMaxNamed) {
    shown.resize(kMaxNamed);
    shown.emplace_back("...");
  }
  return join(shown, ", ");
}

/// `series/run` and `run`, each bare and with a digest: whatever the text may mean.
std::string run_condition(const std::string& text) {
  std::string condition =
      concat("series || '/' || run = ", sql_text(text), " OR run = ", sql_text(text));
  if (is_digest_prefix(text)) {
    condition += concat(" OR substr(run_digest, 1, ", text.size(), ") = ", sql_text(text));
  }
  return condition;
}

Status unknown_run(ResultSource& source, const std::string& text) {
  COX_ASSIGN_OR_RETURN(const Rows rows,
                       source.query("SELECT series || '/' || run, run FROM v_names"));
  std::vector<std::string> names;
  for (const auto& row : rows.cells) {
    for (const Cell& cell : row) names.push_back(readable_cell("", cell));
  }
  const std::string nearest = nearest_name(text, names);
  return not_found(concat("no run '", text, "' in ", source.description(),
                          nearest.empty() ? "; 'cox status SERIES' lists the runs of a series"
                                          : concat("; did you mean '", nearest, "'?")));
}

/// Compares joined names instead of splitting `text`: each part may hold slashes of its own.
std::string job_condition(const std::string& text) {
  std::string condition = concat("series || '/' || run || '/' || video = ", sql_text(text),
                                 " OR run || '/' || video = ", sql_text(text));
  if (is_digest_prefix(text)) {
    condition += concat(" OR substr(job_digest, 1, ", text.size(), ") = ", sql_text(text));
  }
  return condition;
}

}  // namespace

Result<RunName> find_run(ResultSource& source, const std::string& text) {
  COX_ASSIGN_OR_RETURN(
      const Rows rows,
      source.query(concat("SELECT series, run, run_digest FROM v_names WHERE (",
                          run_condition(text), ") ORDER BY owner_series <> series, series, run")));
  if (rows.cells.empty()) return unknown_run(source, text);
  std::set<std::string> digests;
  std::set<std::string> names;
  for (const auto& row : rows.cells) {
    digests.insert(readable_cell("", row[2]));
    names.insert(concat(readable_cell("", row[0]), '/', readable_cell("", row[1])));
  }
  if (digests.size() > 1) {
    return invalid_argument(concat("'", text, "' is the name of ", digests.size(),
                                   " runs; say which: ", listed(names)));
  }
  const auto& row = rows.cells.front();
  return RunName{readable_cell("", row[0]), readable_cell("", row[1]), readable_cell("", row[2])};
}

Result<std::string> find_job(ResultSource& source, const std::string& text) {
  COX_ASSIGN_OR_RETURN(const Rows rows,
                       source.query(concat("SELECT DISTINCT job_digest FROM v_jobs WHERE ",
                                           job_condition(text), " LIMIT ", kMaxNamed + 1)));
  if (rows.cells.empty()) {
    return not_found(concat("no job '", text, "' in ", source.description(),
                            "; name it SERIES/RUN/VIDEO or by ", kShortestDigest,
                            " or more characters of its digest ('cox results SERIES --jobs')"));
  }
  if (rows.cells.size() > 1) {
    std::set<std::string> digests;
    for (const auto& row : rows.cells) digests.insert(readable_cell("", row[0]).substr(0, 16));
    return invalid_argument(
        concat("'", text, "' is more than one job; say which: ", listed(digests)));
  }
  return readable_cell("", rows.cells.front().front());
}

JobFinder job_finder(const Place& place) {
  return [place](const std::string& text) -> Result<std::string> {
    COX_ASSIGN_OR_RETURN(const auto source, open_source(place));
    return find_job(*source, text);
  };
}

}  // namespace cox::cli
