#include "cli/submission_report.h"

#include <map>

#include "base/text.h"
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
                             concat(owner->second->series(), '/', owner->second->owner()),
                             static_cast<std::int64_t>(owner->second->done_jobs()),
                             static_cast<std::int64_t>(owner->second->total_jobs())});
    } else {
      row.insert(row.end(),
                 {std::string("new"), concat(plan.series.name, '/', run.name), std::int64_t{0},
                  static_cast<std::int64_t>(plan.dataset.videos.size())});
    }
  }
  return rows;
}

namespace {

/// "; 1 run of before left the series, results stay under their digests; 8 jobs that no sweep asks
/// for any more cancelled"
std::string retired_text(const v1::SubmitReply& reply) {
  std::string text;
  if (reply.retired_runs() > 0) {
    text = concat("; ", report::counted(reply.retired_runs(), "run"),
                  " of before left the series, results stay under their digests");
  }
  if (reply.cancelled_jobs() > 0) {
    text += concat("; ", report::counted(reply.cancelled_jobs(), "job"),
                   " that no sweep asks for any more cancelled");
  }
  return text;
}

}  // namespace

std::string submission_summary(const std::string& series, const v1::SubmitReply& reply) {
  return concat("series ", series, ": ", report::counted(reply.new_runs(), "new run"), " and ",
                report::counted(reply.new_jobs(), "new job"), "; ",
                report::counted(reply.known_runs(), "run"), " and ",
                report::counted(reply.known_jobs(), "job"), " exist already", retired_text(reply));
}

std::string known_run_text(const v1::KnownRun& known) {
  return concat("  '", known.name(), "' is the run ", known.series(), '/', known.owner(), ": ",
                known.done_jobs(), " of ", known.total_jobs(), " jobs done");
}

}  // namespace cox::cli
