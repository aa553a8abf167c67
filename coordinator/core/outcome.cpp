#include "coordinator/core/outcome.h"

#include <fmt/format.h>

#include <algorithm>
#include <random>

#include "coordinator/core/escalation.h"
#include "coordinator/core/lease.h"
#include "coordinator/core/reducers.h"
#include "coordinator/core/stop_runs.h"
#include "coordinator/core/time_limit.h"
#include "coordinator/core/usage.h"
#include "coordinator/core/wanted.h"

namespace cox::core {

namespace {

/// Largest exponent of the backoff: beyond it every base exceeds every sensible limit.
constexpr std::uint32_t kMaxDoublings = 30;

DurationUs backoff_of(const RetryLimits& limits, std::uint32_t tries) {
  const std::uint32_t doublings = std::min(tries - 1, kMaxDoublings);
  const DurationUs unbounded = limits.backoff_base_us << doublings;
  const bool overflowed = (unbounded >> doublings) != limits.backoff_base_us;
  return overflowed ? limits.backoff_max_us : std::min(unbounded, limits.backoff_max_us);
}

/// A number in [0, 1) that depends only on the arguments.
double draw_of(const JobDigest& job, std::uint32_t attempt) {
  std::mt19937_64 random(std::hash<JobDigest>{}(job) + attempt);
  return static_cast<double>(random() >> 11) * 0x1p-53;
}

/// `longest` shortened by up to `jitter_percent`.
DurationUs jittered(DurationUs longest, double draw, std::uint32_t jitter_percent) {
  const double shortened = draw * jitter_percent / 100.0;
  return longest - static_cast<DurationUs>(shortened * static_cast<double>(longest));
}

/// How often a failed job was tried in this way, how often it may be, and what comes next.
struct Verdict {
  std::uint32_t tries = 1;
  std::uint32_t limit = 0;  ///< data, diverged and user: another try would end the same way
  std::string next = {};
};

Verdict judge_failure(Step& step, JobNumber number, WorkerNumber worker, FailureCause cause,
                      JobStatus& next) {
  const Job& job = step.job(number);
  const RetryLimits& limits = step.state.governing(job).retry;
  if (cause == FailureCause::kCrash || cause == FailureCause::kTimeout) {
    return {++next.crashes, limits.crash};
  }
  if (cause != FailureCause::kOom) return {};
  Verdict verdict{++next.ooms, limits.oom};
  if (verdict.tries > verdict.limit) {
    verdict.next = tried_text(next);
    return verdict;
  }
  const Escalation escalation = escalate(step, job, step.state.workers.at(worker).record.has, next);
  if (!escalation.possible) verdict.limit = 0;
  verdict.next = escalation.what;
  return verdict;
}

SaveAttemptEnd end_of(const Reported& event, JobNumber job, TimeUs now) {
  SaveAttemptEnd end;
  end.job = job;
  end.attempt = event.attempt;
  end.outcome = AttemptOutcome::kDone;
  end.ended_at = now;
  end.worker_started_at = event.started_at;
  end.worker_finished_at = event.finished_at;
  return end;
}

void accept_result(Step& step, Reported event, JobNumber number, WorkerNumber worker) {
  step.save(end_of(event, number, step.now));
  const Job& job = step.job(number);
  std::vector<DatasetNumber> datasets;
  for (const Slice& slice : step.state.run(job.run).slices) {
    if (step.state.dataset(slice.dataset).has(job.video)) datasets.push_back(slice.dataset);
  }
  JobResult result = std::get<JobResult>(std::move(event.outcome));
  JobStatus next = step.status(number);
  take_score(step.state, job, result, next);
  step.save(SaveResult{number, event.attempt, worker, step.now, job.run, std::move(datasets),
                       std::move(result)});
  next.state = JobState::kDone;
  next.cause = FailureCause::kNone;
  next.reported_attempt = event.attempt;
  set_status(step, number, next);
  journal_job(step, "done", number, worker, "");
}

void accept_failure(Step& step, Reported event, JobNumber number, WorkerNumber worker) {
  const JobFailure& failure = std::get<JobFailure>(event.outcome);
  COX_CHECK(failure.cause != FailureCause::kNone, "a failure has a cause");
  SaveAttemptEnd end = end_of(event, number, step.now);
  end.outcome = AttemptOutcome::kFailed;
  end.cause = failure.cause;
  end.detail = failure.detail;
  end.message = failure.message;
  end.log_tail = std::move(event.log_tail);
  step.save(std::move(end));

  fail_attempt(step, number, worker, failure, event.attempt);
}

std::string why_refused(QueueState& state, const Reported& event) {
  const JobStatus& status = state.job(state.job_by_digest.at(event.job)).status;
  if (event.attempt != status.attempt) {
    return fmt::format("attempt {} no longer holds the job: attempt {} is the latest",
                       event.attempt, status.attempt);
  }
  if (status.state == JobState::kLeased) return "the lease is not this worker's";
  return fmt::format("attempt {} no longer holds the job, which is {}", event.attempt,
                     state_name(status.state));
}

}  // namespace

void fail_attempt(Step& step, JobNumber number, WorkerNumber worker, const JobFailure& failure,
                  std::uint32_t reported_attempt) {
  JobStatus next = step.status(number);
  next.cause = failure.cause;
  next.reported_attempt = std::max(next.reported_attempt, reported_attempt);
  const Verdict verdict = judge_failure(step, number, worker, failure.cause, next);
  journal_job(
      step, verdict.tries > verdict.limit ? "failed" : "retry", number, worker,
      fmt::format("{}{}{}: {}{}{}", cause_name(failure.cause), failure.detail.empty() ? "" : " ",
                  failure.detail, failure.message, verdict.next.empty() ? "" : "; ", verdict.next));
  retry_or_fail(step, number, next, verdict.tries, verdict.limit);
}

void enforce_policy(Step& step, SeriesNumber number) {
  QueueState& state = step.state;
  const Series& series = state.series(number);
  const FailurePolicy& policy = state.submission(series.newest).policy;
  const std::uint64_t failures = series.owned.stopping;
  const bool exceeded = (policy.fail_fast && failures > 0) ||
                        (policy.max_failed_jobs > 0 && failures > policy.max_failed_jobs);
  const std::uint64_t waiting =
      series.owned.of(JobState::kQueued) + series.owned.of(JobState::kBlocked);
  if (!exceeded || waiting == 0) return;
  const std::vector<JobNumber> ended = waiting_for_this_only(state, number);
  if (ended.empty()) return;
  for (const JobNumber job : ended) set_state(step, job, JobState::kCancelled);
  journal(step, "stopped", number, {},
          fmt::format("{} waiting jobs were cancelled after {} failed ({})", ended.size(), failures,
                      policy.fail_fast ? "fail_fast" : "max_failed_jobs"));
}

void retry_or_fail(Step& step, JobNumber number, JobStatus status, std::uint32_t tries,
                   std::uint32_t limit) {
  const SeriesNumber series = step.series_of(number);
  if (tries > limit) {
    status.state = JobState::kFailed;
    set_status(step, number, status);
    return enforce_policy(step, series);
  }
  const Job& job = step.job(number);
  const RetryLimits& limits = step.state.governing(job).retry;
  status.ready_at =
      step.now + jittered(backoff_of(limits, tries), draw_of(job.digest, status.attempt),
                          step.state.config.backoff_jitter_percent);
  status.state = JobState::kBlocked;
  set_status(step, number, status);
  enforce_policy(step, series);
}

void on_reported(Step& step, Reported event) {
  QueueState& state = step.state;
  const auto known = state.job_by_digest.find(event.job);
  if (const auto worker = state.worker_by_id.find(event.worker.text);
      worker != state.worker_by_id.end()) {
    see_worker(step, state.workers.at(worker->second));
  }
  if (known == state.job_by_digest.end()) {
    return step.answer(ReportAnswer{false,
                                    "unknown job: the report belongs to another database; only a "
                                    "coordinator of that database can accept it",
                                    false});
  }
  const JobNumber number = known->second;
  const Job& job = state.job(number);
  if (event.attempt > 0 && event.attempt == job.status.reported_attempt) {
    return step.answer(ReportAnswer{true, ""});  // the first answer was lost on the way
  }
  const bool held = job.lease != LeaseNumber{} && id_of(job.lease) == event.lease &&
                    event.attempt == job.status.attempt;
  if (!held || id_of(state.workers.at(state.leases.at(job.lease).worker).record) != event.worker) {
    return step.answer(ReportAnswer{false, why_refused(state, event)});
  }
  Lease& lease = state.leases.at(job.lease);
  const WorkerNumber worker = lease.worker;
  lease.restored = false;
  lease.overdue.reset();
  set_deadline(state, lease, step.now + state.config.lease_duration);
  release(step, number);
  const SeriesNumber series = step.series_of(number);
  const DurationUs time = attempt_time(event);
  charge(step, series, time);
  if (std::holds_alternative<JobResult>(event.outcome)) {
    measure_time(state, job, state.workers.at(worker).record.device_name, time);
    accept_result(step, std::move(event), number, worker);
  } else {
    accept_failure(step, std::move(event), number, worker);
  }
  stop_lagging_runs(step, number);
  enforce_budget(step, series);
  step.answer(ReportAnswer{true, ""});
}

}  // namespace cox::core
