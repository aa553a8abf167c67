#pragma once

#include <string>

#include "coordinator/core/queue_state.h"

namespace cox::core {

/// One event being applied, and the effects that it has so far.
struct Step {
  QueueState& state;
  TimeUs now = 0;
  Effects effects;
  std::vector<RunNumber> recounted = {};  ///< runs whose jobs changed; may repeat

  Job& job(JobNumber number) { return state.job(number); }
  const JobStatus& status(JobNumber number) { return state.job(number).status; }
  SeriesNumber series_of(JobNumber number) { return state.series_number(job(number)); }

  void recount(RunNumber run) {
    if (recounted.empty() || recounted.back() != run) recounted.push_back(run);
  }
  void save(Save save) { effects.saves.push_back(std::move(save)); }
  void answer(Answer answer) { effects.answers.push_back(std::move(answer)); }
  void refuse(Status status) { answer(Refusal{std::move(status)}); }
};

/// Saves the totals of the runs whose jobs changed; the last part of a step.
void save_totals(Step& step);

// ---- The status of a job: every change of it is one of these, checked and saved. ----

/// Gives a job its next status. Aborts at a transition that kTransitions does not allow.
void set_status(Step& step, JobNumber number, const JobStatus& next);
/// Changes only the state, and ends a backoff.
void set_state(Step& step, JobNumber number, JobState state);
/// Queues the job again.
void requeue(Step& step, JobNumber number);
/// Queues the job again as if it had never failed: its retry counters start at 0.
void requeue_with_fresh_limits(Step& step, JobNumber number, JobStatus status);

/// Ends a job's open attempt without word from its worker; `why` is for a person.
void end_attempt(Step& step, JobNumber number, AttemptOutcome outcome, std::string why,
                 FailureCause cause = FailureCause::kNone);

// ---- The journal. ----

/// Adds a line about one job to the journal.
void journal_job(Step& step, std::string kind, JobNumber job, WorkerNumber worker,
                 std::string message);
/// Adds a line about a series to the journal; with number 0 it is about none.
void journal(Step& step, std::string kind, SeriesNumber series, WorkerNumber worker,
             std::string message);

}  // namespace cox::core
