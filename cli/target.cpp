#include "cli/target.h"

#include <fmt/format.h>

#include <CLI/CLI.hpp>

#include "cli/sources/query.h"
#include "coordinator/report/data/names.h"

namespace cox::cli {

namespace {

v1::SelectRequest selected(const std::string& series, const std::string& run,
                           const std::string& job) {
  v1::SelectRequest select;
  select.set_series(series);
  select.set_run(run);
  select.set_job(job);
  return select;
}

/// Readings as series and runs, whose names contain no slash.
std::vector<v1::SelectRequest> readings(const std::string& target, const std::string& job) {
  const size_t slash = target.find('/');
  if (slash != std::string::npos) {
    return {selected(target.substr(0, slash), target.substr(slash + 1), job)};
  }
  if (target.empty()) return {selected("", "", job)};
  return {selected(target, "", job), selected("", target, job)};
}

}  // namespace

JobFinder job_finder(const Source& source) {
  return [source](const std::string& text) -> Result<std::string> {
    COX_ASSIGN_OR_RETURN(const report::Query query, open_query(source));
    return report::find_job(query, text);
  };
}

void TargetOptions::declare(CLI::App& app) {
  app.add_option("TARGET", target, "SERIES, SERIES/RUN, RUN, SERIES/RUN/VIDEO or part of a digest")
      ->type_name("");
  app.add_option("--job", job, "One job, by the first characters of its digest")
      ->type_name("DIGEST");
}

Status TargetOptions::check() const {
  if (!target.empty() || !job.empty()) return Status::ok();
  return invalid_argument("which jobs? Name a SERIES, a SERIES/RUN or --job DIGEST");
}

Result<v1::ChangeReply> TargetOptions::change(const ChangeCall& call,
                                              const JobFinder& find_job) const {
  COX_RETURN_IF_ERROR(check());
  Status first_error;
  for (const v1::SelectRequest& select : readings(target, job)) {
    Result<v1::ChangeReply> reply = call(select);
    if (reply.is_ok() || reply.status().code() != StatusCode::kNotFound) return reply;
    if (first_error.is_ok()) first_error = reply.status();
  }
  if (!job.empty()) return first_error;
  const Result<std::string> digest = find_job(target);
  if (digest.is_ok()) return call(selected("", "", *digest));
  if (digest.status().code() != StatusCode::kNotFound) return digest.status();
  return not_found(fmt::format(
      "no series, run or job '{}'; expected SERIES, SERIES/RUN, RUN, SERIES/RUN/VIDEO or 8 or more "
      "characters of a digest ('cox status' lists series and runs)",
      target));
}

}  // namespace cox::cli
