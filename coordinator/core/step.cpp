#include "coordinator/core/step.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "coordinator/core/usage.h"

namespace cox::core {

void set_status(Step& step, JobNumber number, const JobStatus& next) {
  Job& job = step.job(number);
  COX_CHECK(job.status.state == next.state || may_become(job.status.state, next.state),
            fmt::format("job {} cannot change from {} to {}", job.digest.hex(),
                        state_name(job.status.state), state_name(next.state)));
  COX_CHECK(next.attempt >= job.status.attempt, "a job's attempt number decreased");
  const SeriesNumber series = step.series_of(number);
  const bool had_nothing_to_do = !step.state.series(series).has_open_jobs();
  remove_from_indexes(step.state, number);
  job.status = next;
  add_to_indexes(step.state, number);
  if (had_nothing_to_do && is_open(next.state)) begin_turn(step.state, series);
  step.save(SaveJobState{number, next});
  step.recount(job.run);
}

void save_totals(Step& step) {
  std::sort(step.recounted.begin(), step.recounted.end());
  const auto end = std::unique(step.recounted.begin(), step.recounted.end());
  for (auto run = step.recounted.begin(); run != end; ++run) {
    for (const Slice& slice : step.state.run(*run).slices) {
      for (const auto& [series, tally] : slice.tallies) {
        step.effects.totals.push_back(
            {*run, slice.dataset, series, tally.in, tally.failed_as_expected});
      }
    }
  }
}

void set_state(Step& step, JobNumber number, JobState state) {
  JobStatus next = step.status(number);
  next.state = state;
  next.ready_at = 0;
  set_status(step, number, next);
}

void requeue(Step& step, JobNumber number) { set_state(step, number, JobState::kQueued); }

void requeue_with_fresh_limits(Step& step, JobNumber number, JobStatus status) {
  status.state = JobState::kQueued;
  status.crashes = status.ooms = status.losses = status.worker_kills = 0;
  status.recompute = false;
  status.memory_above_mib = 0;
  set_status(step, number, status);
}

void end_attempt(Step& step, JobNumber number, AttemptOutcome outcome, std::string why,
                 FailureCause cause) {
  SaveAttemptEnd end;
  end.job = number;
  end.attempt = step.state.job(number).status.attempt;
  end.outcome = outcome;
  end.ended_at = step.now;
  end.cause = cause;
  end.message = std::move(why);
  step.save(std::move(end));
}

void journal_job(Step& step, std::string kind, JobNumber number, WorkerNumber worker,
                 std::string message) {
  const Job& job = step.state.job(number);
  JobNames names = names_of(step.state, job);
  JournalEntry entry;
  entry.sequence = ++step.state.last_sequence;
  entry.time = step.now;
  entry.kind = std::move(kind);
  entry.series_number = step.state.series_number(job);
  entry.run_number = job.run;
  entry.video_number = job.video;
  entry.job_number = number;
  entry.worker_number = worker;
  entry.attempt = job.status.attempt;
  entry.series = std::move(names.series);
  entry.run = std::move(names.run);
  entry.video = std::move(names.video);
  entry.message = std::move(message);
  step.save(std::move(entry));
}

void journal(Step& step, std::string kind, SeriesNumber series, WorkerNumber worker,
             std::string message) {
  JournalEntry entry;
  entry.sequence = ++step.state.last_sequence;
  entry.time = step.now;
  entry.kind = std::move(kind);
  entry.series_number = series;
  entry.worker_number = worker;
  if (series != SeriesNumber{}) entry.series = step.state.series(series).record.name;
  entry.message = std::move(message);
  step.save(std::move(entry));
}

}  // namespace cox::core
