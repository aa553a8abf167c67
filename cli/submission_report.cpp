#include "cli/submission_report.h"

#include <fmt/format.h>

#include <map>

#include "coordinator/report/data/words.h"

namespace cox::cli {

store::Table submission_rows(const sweep::SweepPlan& plan, const v1::SubmitReply& reply) {
  std::map<std::string, const v1::KnownRun*> known;
  for (const v1::KnownRun& run : reply.known()) known[run.name()] = &run;
  store::Table rows{{"digest", "run", "state", "owner", "done", "jobs"}, {}};
  for (const sweep::Run& run : plan.runs) {
    auto& row = rows.rows.emplace_back();
    row = {report::short_digest(run.digest), run.name};
    if (const auto owner = known.find(run.name); owner != known.end()) {
      row.insert(row.end(), {std::string("known"),
                             fmt::format("{}/{}", owner->second->series(), owner->second->owner()),
                             static_cast<std::int64_t>(owner->second->done_jobs()),
                             static_cast<std::int64_t>(owner->second->total_jobs())});
    } else {
      row.insert(row.end(),
                 {std::string("new"), fmt::format("{}/{}", plan.series.name, run.name),
                  std::int64_t{0}, static_cast<std::int64_t>(plan.dataset.videos_of(run).size())});
    }
  }
  return rows;
}

namespace {

/// "; 1 earlier run is no longer in the sweep, its results are kept; 8 jobs that no sweep needs any
/// more are cancelled"
std::string retired_text(const v1::SubmitReply& reply) {
  std::string text;
  if (reply.retired_runs() > 0) {
    const bool one = reply.retired_runs() == 1;
    text = fmt::format("; {} {} no longer in the sweep, {} results are kept",
                       report::counted(reply.retired_runs(), "earlier run"), one ? "is" : "are",
                       one ? "its" : "their");
  }
  if (reply.cancelled_jobs() > 0) {
    text += fmt::format("; {} that no sweep needs any more {} cancelled",
                        report::counted(reply.cancelled_jobs(), "job"),
                        reply.cancelled_jobs() == 1 ? "is" : "are");
  }
  return text;
}

}  // namespace

std::string submission_summary(const std::string& series, const v1::SubmitReply& reply) {
  return fmt::format("series {}: {} and {}; {} and {} exist already{}", series,
                     report::counted(reply.new_runs(), "new run"),
                     report::counted(reply.new_jobs(), "new job"),
                     report::counted(reply.known_runs(), "run"),
                     report::counted(reply.known_jobs(), "job"), retired_text(reply));
}

std::string known_run_text(const v1::KnownRun& known) {
  return fmt::format("  '{}' is the run {}/{}: {} of {} jobs done", known.name(), known.series(),
                     known.owner(), known.done_jobs(), known.total_jobs());
}

}  // namespace cox::cli
