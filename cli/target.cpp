#include "cli/target.h"

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>

#include "cli/sources/query.h"
#include "coordinator/report/data/name_pattern.h"
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
Selects readings(const std::string& target, const std::string& job) {
  const size_t slash = target.find('/');
  if (slash != std::string::npos) {
    return {selected(target.substr(0, slash), target.substr(slash + 1), job)};
  }
  if (target.empty()) return {selected("", "", job)};
  return {selected(target, "", job), selected("", target, job)};
}

using Exists = std::function<Status(const v1::SelectRequest&)>;

/// The first reading of a target without pattern that exists.
Result<v1::SelectRequest> resolve_one(const std::string& target, const std::string& job,
                                      const Exists& exists, const TargetFinder& finder) {
  Status first_error;
  for (const v1::SelectRequest& select : readings(target, job)) {
    const Status status = exists(select);
    if (status.is_ok()) return select;
    if (status.code() != StatusCode::kNotFound) return status;
    if (first_error.is_ok()) first_error = status;
  }
  if (!job.empty()) return first_error;
  const Result<std::string> digest = finder.job(target);
  if (digest.is_ok()) return selected("", "", *digest);
  if (digest.status().code() != StatusCode::kNotFound) return digest.status();
  return not_found(fmt::format(
      "no series, run or job '{}'; expected SERIES, SERIES/RUN, RUN, SERIES/RUN/ITEM, 8 or more "
      "characters of a digest, or a pattern such as 'SERIES/lora-*' ('cox status' lists series "
      "and runs)",
      target));
}

/// Adds `select` unless it, or the whole series that it is part of, is there.
void add(const v1::SelectRequest& select, Selects& all) {
  const auto covers = [&](const v1::SelectRequest& known) {
    const bool whole_series = known.run().empty() && known.job().empty();
    if (whole_series && known.series() == select.series()) return true;
    return known.series() == select.series() && known.run() == select.run() &&
           known.job() == select.job();
  };
  if (std::any_of(all.begin(), all.end(), covers)) return;
  if (select.run().empty() && select.job().empty()) {
    std::erase_if(all, [&](const auto& known) { return known.series() == select.series(); });
  }
  all.push_back(select);
}

}  // namespace

bool is_pattern(const std::string& target) {
  return target.find_first_of("*?[") != std::string::npos;
}

std::string target_text(const v1::SelectRequest& select) {
  std::string text = select.series();
  for (const std::string& part : {select.run(), select.job()}) {
    if (!part.empty()) text += text.empty() ? part : "/" + part;
  }
  return text;
}

TargetFinder target_finder(const Source& source) {
  const auto job = [source](const std::string& text) -> Result<std::string> {
    COX_ASSIGN_OR_RETURN(const report::Query query, open_query(source));
    return report::find_job(query, text);
  };
  const auto matches = [source](const std::string& pattern) -> Result<Selects> {
    COX_ASSIGN_OR_RETURN(const report::Query query, open_query(source));
    COX_ASSIGN_OR_RETURN(const auto names, report::names_matching(query, pattern));
    Selects selects;
    for (const report::MatchedName& name : names) {
      selects.push_back(selected(name.series, name.run, name.job_digest));
    }
    return selects;
  };
  return {job, matches};
}

void TargetOptions::declare(CLI::App& app) {
  app.add_option("TARGET", targets,
                 "SERIES, SERIES/RUN, RUN, SERIES/RUN/ITEM, part of a digest, or a pattern of "
                 "names in quotes: 'demo/lora-*'")
      ->type_name("");
  app.add_option("--job", job, "One job, by the first characters of its digest")
      ->type_name("DIGEST");
  app.add_flag("--dry-run", dry_run, "Only print what would change");
}

Status TargetOptions::check() const {
  const bool named = std::any_of(targets.begin(), targets.end(),
                                 [](const std::string& target) { return !target.empty(); });
  if (!named && job.empty()) {
    return invalid_argument("which jobs? Name a SERIES, a SERIES/RUN or --job DIGEST");
  }
  if (targets.size() > 1 && !job.empty()) {
    return invalid_argument(
        "--job narrows one TARGET; with several, name the job as SERIES/RUN/ITEM");
  }
  return Status::ok();
}

Result<Selects> TargetOptions::resolve(const Exists& exists, const TargetFinder& finder) const {
  COX_RETURN_IF_ERROR(check());
  Selects all;
  const std::vector<std::string> named = targets.empty() ? std::vector<std::string>{""} : targets;
  for (const std::string& target : named) {
    if (!is_pattern(target)) {
      COX_ASSIGN_OR_RETURN(const v1::SelectRequest select,
                           resolve_one(target, job, exists, finder));
      add(select, all);
      continue;
    }
    if (!job.empty()) return invalid_argument("--job and a pattern are mutually exclusive");
    COX_ASSIGN_OR_RETURN(const Selects matched, finder.matches(target));
    if (matched.empty()) {
      // Names of videos may contain pattern characters.
      const Result<std::string> literal = finder.job(target);
      if (literal.is_ok()) {
        add(selected("", "", *literal), all);
        continue;
      }
      return not_found(fmt::format(
          "no series, run or job matches '{}' ('cox status' lists series and runs)", target));
    }
    for (const v1::SelectRequest& select : matched) add(select, all);
  }
  return all;
}

Result<v1::ChangeReply> TargetOptions::change(const ChangeCall& call,
                                              const TargetFinder& finder) const {
  const auto dry = [](v1::SelectRequest select) {
    select.set_dry_run(true);
    return select;
  };
  COX_ASSIGN_OR_RETURN(
      const Selects all,
      resolve([&](const auto& select) { return call(dry(select)).status(); }, finder));
  v1::ChangeReply sum;
  for (std::size_t i = 0; i < all.size(); ++i) {
    const Result<v1::ChangeReply> reply = call(dry_run ? dry(all[i]) : all[i]);
    if (!reply.is_ok()) {
      return reply.status().with_context(fmt::format("{} of {} targets were changed, then {}", i,
                                                     all.size(), target_text(all[i])));
    }
    sum.set_changed_jobs(sum.changed_jobs() + reply->changed_jobs());
    sum.set_untouched_jobs(sum.untouched_jobs() + reply->untouched_jobs());
  }
  return sum;
}

}  // namespace cox::cli
