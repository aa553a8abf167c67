#include "coordinator/core/lease.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>

#include "base/text.h"
#include "coordinator/core/outcome.h"
#include "coordinator/core/reducers.h"
#include "coordinator/core/time_limit.h"
#include "coordinator/core/usage.h"

namespace cox::core {

namespace {

/// The lease with that id if this worker holds it, else nullptr.
Lease* find_lease(QueueState& state, const LeaseId& id, WorkerNumber worker) {
  constexpr std::string_view kPrefix = "lease-";
  if (!starts_with(id.text, kPrefix)) return nullptr;
  std::uint64_t number = 0;
  const char* end = id.text.data() + id.text.size();
  const auto [rest, error] = std::from_chars(id.text.data() + kPrefix.size(), end, number);
  if (error != std::errc{} || rest != end) return nullptr;
  const auto lease = state.leases.find(static_cast<LeaseNumber>(number));
  if (lease == state.leases.end() || lease->second.worker != worker) return nullptr;
  return &lease->second;
}

Worker* find_worker(QueueState& state, const WorkerId& id) {
  const auto number = state.worker_by_id.find(id.text);
  return number == state.worker_by_id.end() ? nullptr : &state.workers.at(number->second);
}

Status unknown_worker(const WorkerId& id) {
  return not_found(
      fmt::format("unknown worker '{}' (replaced or timed out): register again", id.text));
}

void remove_lease(QueueState& state, LeaseNumber number) {
  Lease& lease = state.leases.at(number);
  forget_time(state, lease);
  state.lease_deadlines.erase({lease.deadline, number});
  state.workers.at(lease.worker).leases.erase(number);
  state.leases.erase(number);
}

/// Counts one lost worker against a job, which is then retried, failed or quarantined.
void charge_loss(Step& step, JobNumber number) {
  JobStatus next = step.status(number);
  ++next.losses;
  ++next.worker_kills;
  next.cause = FailureCause::kLost;
  if (next.worker_kills >= step.state.config.quarantine_after_kills) {
    next.state = JobState::kQuarantined;
    set_status(step, number, next);
    journal_job(step, "quarantined", number, {},
                fmt::format("{} workers were lost with this job in flight", next.worker_kills));
    return enforce_policy(step, step.series_of(number));
  }
  const std::uint32_t limit = step.state.governing(step.job(number)).retry.lost;
  retry_or_fail(step, number, next, next.losses, limit);
}

/// Ends a lease and queues its jobs again. `outcome` is kReturned when its worker left in good
/// order, kLost when it died. A loss is charged to the job in flight, but not under a lease from
/// before a restart whose worker has been silent since: one that went down with the coordinator
/// proves nothing.
void end_lease(Step& step, LeaseNumber number, AttemptOutcome outcome, const std::string& reason) {
  QueueState& state = step.state;
  const Lease lease = state.leases.at(number);
  const bool lost = outcome == AttemptOutcome::kLost;
  const JobNumber charged = lost && !lease.restored ? job_in_flight(lease) : JobNumber{};
  remove_lease(state, number);
  for (const JobNumber job : lease.jobs) {
    state.job(job).lease = {};
    end_attempt(step, job, outcome, reason, lost ? FailureCause::kLost : FailureCause::kNone);
    journal_job(step, job == charged ? "lost" : "returned", job, lease.worker, reason);
    if (job != charged) requeue(step, job);
  }
  if (charged != JobNumber{}) charge_loss(step, charged);
}

/// Removes a worker that no longer holds a lease.
void remove_worker(Step& step, WorkerNumber number, const std::string& reason) {
  QueueState& state = step.state;
  Worker& worker = state.workers.at(number);
  COX_CHECK(worker.leases.empty(), "a worker with leases was removed");
  worker.record.left_at = step.now;
  step.save(SaveWorker{worker.record});
  journal(step, "worker_left", {}, number, fmt::format("{}: {}", worker.record.name, reason));
  state.workers_seen.erase({worker.last_seen, number});
  state.worker_by_id.erase(id_of(worker.record).text);
  const auto named = state.worker_by_name.find(worker.record.name);
  if (named != state.worker_by_name.end() && named->second == number) {
    state.worker_by_name.erase(named);
  }
  state.workers.erase(number);
}

/// Records the job that the worker runs.
void note_running(QueueState& state, Lease& lease, const std::optional<JobDigest>& running,
                  TimeUs now) {
  if (lease.overdue) {
    if (running == lease.overdue) return;
    lease.overdue.reset();
    watch_time(state, lease, now);
  }
  if (!running) return;
  const auto known = state.job_by_digest.find(*running);
  if (known == state.job_by_digest.end() || state.job(known->second).lease != lease.number ||
      lease.running == known->second) {
    return;
  }
  // The first of a bundle is what the worker was taken to run since the grant.
  const bool was_assumed = !lease.running && job_in_flight(lease) == known->second;
  lease.running = known->second;
  if (!was_assumed) watch_time(state, lease, now);
}

/// Takes from a worker the job that ran too long, which then counts as an attempt that crashed. A
/// worker that does not leave it in the time of a lease loses the others too, without blame.
void end_overdue(Step& step, LeaseNumber number) {
  QueueState& state = step.state;
  Lease& lease = state.leases.at(number);
  if (lease.overdue) {
    return end_lease(step, number, AttemptOutcome::kReturned,
                     fmt::format("worker {} does not stop a job that ran too long",
                                 state.workers.at(lease.worker).record.name));
  }
  const JobNumber job = job_in_flight(lease);
  const std::string why = overdue_text(state, lease);
  const WorkerNumber worker = lease.worker;
  lease.cancelled.push_back(state.job(job).digest);
  lease.overdue = state.job(job).digest;
  release(step, job);
  if (const auto left = state.leases.find(number); left != state.leases.end()) {
    forget_time(state, left->second);
    left->second.time_limit = step.now + state.config.lease_duration;
    state.time_limits.emplace(*left->second.time_limit, number);
  }
  end_attempt(step, job, AttemptOutcome::kFailed, why, FailureCause::kTimeout);
  fail_attempt(step, job, worker, {FailureCause::kTimeout, why, "time_limit"});
}

/// Ends a worker's leases, then removes it.
void end_worker(Step& step, WorkerNumber number, AttemptOutcome outcome,
                const std::string& why_leases, const std::string& why_worker) {
  const std::set<LeaseNumber> leases = step.state.workers.at(number).leases;
  for (const LeaseNumber lease : leases) end_lease(step, lease, outcome, why_leases);
  remove_worker(step, number, why_worker);
}

void lose_worker(Step& step, WorkerNumber number, const std::string& reason) {
  end_worker(step, number, AttemptOutcome::kLost, reason, reason);
}

/// Leases one job of a bundle.
GrantedJob grant_job(Step& step, JobNumber number, const Lease& lease, std::uint32_t position) {
  QueueState& state = step.state;
  JobStatus next = step.status(number);
  next.state = JobState::kLeased;
  next.cause = FailureCause::kNone;
  ++next.attempt;
  set_status(step, number, next);
  state.job(number).lease = lease.number;
  step.save(SaveAttempt{number, next.attempt, lease.worker, lease.number, position, step.now});
  const Job& job = state.job(number);
  const RunRecord& run = state.run(job.run).record;
  return {number,         job.digest, next.attempt,  run.digest, run.method, run.parameters_json,
          run.definition, run.share,  next.recompute};
}

void expire_leases(Step& step) {
  QueueState& state = step.state;
  while (!state.lease_deadlines.empty() && state.lease_deadlines.begin()->first <= step.now) {
    const LeaseNumber number = state.lease_deadlines.begin()->second;
    const std::string& worker = state.workers.at(state.leases.at(number).worker).record.name;
    end_lease(step, number, AttemptOutcome::kLost,
              fmt::format("worker {} sent no heartbeat before the lease's deadline", worker));
  }
}

void end_overdue_jobs(Step& step) {
  QueueState& state = step.state;
  while (!state.time_limits.empty() && state.time_limits.begin()->first <= step.now) {
    end_overdue(step, state.time_limits.begin()->second);
  }
}

void end_backoffs(Step& step) {
  QueueState& state = step.state;
  while (!state.blocked.empty() && state.blocked.begin()->first <= step.now) {
    requeue(step, state.blocked.begin()->second);
  }
}

void expire_workers(Step& step) {
  QueueState& state = step.state;
  while (!state.workers_seen.empty() &&
         state.workers_seen.begin()->first + state.config.worker_silence <= step.now) {
    lose_worker(step, state.workers_seen.begin()->second, "timed out");
  }
}

/// A process on the same machine replaces the one that had the name. Two processes on different
/// machines would take each other's work for as long as both run.
Status check_name_is_free(const Step& step, const Worker& holder, const WorkerJoined& event) {
  const bool is_silent = step.now - holder.last_seen > step.state.config.lease_duration;
  if (holder.record.machine == event.machine || is_silent) return Status::ok();
  return failed_precondition(
      fmt::format("a worker named '{}' is running on machine '{}' (last heartbeat {} s ago): start "
                  "this one with another --name",
                  event.name, holder.record.machine, (step.now - holder.last_seen) / kSecondUs));
}

}  // namespace

void see_worker(Step& step, Worker& worker) {
  step.state.workers_seen.erase({worker.last_seen, worker.record.number});
  worker.last_seen = step.now;
  step.state.workers_seen.emplace(step.now, worker.record.number);
}

void set_deadline(QueueState& state, Lease& lease, TimeUs deadline) {
  state.lease_deadlines.erase({lease.deadline, lease.number});
  lease.deadline = deadline;
  state.lease_deadlines.emplace(deadline, lease.number);
}

void add_worker(QueueState& state, Worker worker) {
  const WorkerNumber number = worker.record.number;
  state.worker_by_id[id_of(worker.record).text] = number;
  state.worker_by_name[worker.record.name] = number;
  state.workers_seen.emplace(worker.last_seen, number);
  state.workers.emplace(number, std::move(worker));
}

void add_lease(QueueState& state, Lease lease) {
  const LeaseNumber number = lease.number;
  state.workers.at(lease.worker).leases.insert(number);
  state.lease_deadlines.emplace(lease.deadline, number);
  state.leases.emplace(number, std::move(lease));
}

void release(Step& step, JobNumber number) {
  QueueState& state = step.state;
  Job& job = state.job(number);
  Lease& lease = state.leases.at(job.lease);
  const bool was_in_flight = job_in_flight(lease) == number;
  lease.jobs.erase(std::find(lease.jobs.begin(), lease.jobs.end(), number));
  if (lease.running == number) lease.running.reset();
  if (lease.jobs.empty()) {
    remove_lease(state, lease.number);
  } else if (was_in_flight) {
    watch_time(state, lease, step.now);
  }
  job.lease = {};
}

void on_worker_joined(Step& step, WorkerJoined event) {
  QueueState& state = step.state;
  if (event.name.empty()) return step.refuse(invalid_argument("a worker must have a name"));
  if (const auto earlier = state.worker_by_name.find(event.name);
      earlier != state.worker_by_name.end()) {
    if (const Status free = check_name_is_free(step, state.workers.at(earlier->second), event);
        !free.is_ok()) {
      return step.refuse(free);
    }
    lose_worker(step, earlier->second, fmt::format("a new process took the name {}", event.name));
  }
  state.last_worker = static_cast<WorkerNumber>(static_cast<std::uint32_t>(state.last_worker) + 1);
  Worker worker;
  worker.record = {state.last_worker,
                   std::move(event.name),
                   std::move(event.machine),
                   event.pid,
                   std::move(event.device),
                   std::move(event.device_name),
                   std::move(event.engine_build),
                   event.has,
                   step.now,
                   0};
  worker.last_seen = step.now;
  step.save(SaveWorker{worker.record});
  journal(step, "worker_joined", {}, worker.record.number,
          fmt::format("{} on {}, {}", worker.record.name, worker.record.machine,
                      worker.record.device_name));
  step.answer(WorkerAnswer{id_of(worker.record)});
  add_worker(state, std::move(worker));
}

void on_lease_asked(Step& step, const LeaseAsked& event) {
  QueueState& state = step.state;
  Worker* worker = find_worker(state, event.worker);
  if (worker == nullptr) return step.refuse(unknown_worker(event.worker));
  if (event.max_jobs == 0) return step.refuse(invalid_argument("max_jobs must be 1 or more"));
  see_worker(step, *worker);
  std::optional<ModelNumber> loaded;
  if (const auto model = state.model_by_digest.find(event.loaded_model_digest);
      model != state.model_by_digest.end()) {
    loaded = model->second;
  }
  const std::vector<JobNumber> bundle = state.ready.next_bundle(
      {worker->record.has, loaded, std::min(event.max_jobs, state.config.max_bundle_jobs),
       state.config.max_affinity_grants},
      [&](SeriesNumber series) { return turn_of(state, series); });
  if (bundle.empty()) {
    const bool open = state.total.of(JobState::kBlocked) + state.total.of(JobState::kLeased) > 0;
    return step.answer(NoWork{open});
  }
  state.last_lease = static_cast<LeaseNumber>(static_cast<std::uint64_t>(state.last_lease) + 1);
  Lease lease;
  lease.number = state.last_lease;
  lease.worker = worker->record.number;
  lease.jobs = bundle;
  lease.deadline = step.now + state.config.lease_duration;
  LeaseGrant grant{
      id_of(lease.number), lease.deadline, state.video(state.job(bundle.front()).video), {}};
  for (std::uint32_t position = 0; position < bundle.size(); ++position) {
    grant.jobs.push_back(grant_job(step, bundle[position], lease, position));
  }
  const LeaseNumber number = lease.number;
  add_lease(state, std::move(lease));
  watch_time(state, state.leases.at(number), step.now);
  step.answer(std::move(grant));
}

void on_heartbeat(Step& step, const HeartbeatSeen& event) {
  QueueState& state = step.state;
  Worker* worker = find_worker(state, event.worker);
  if (worker == nullptr) return step.refuse(unknown_worker(event.worker));
  see_worker(step, *worker);
  HeartbeatAnswer answer;
  for (const LeaseId& id : event.leases) {
    Lease* lease = find_lease(state, id, worker->record.number);
    if (lease == nullptr) {
      answer.dropped.push_back(id);
      continue;
    }
    lease->restored = false;
    set_deadline(state, *lease, step.now + state.config.lease_duration);
    answer.cancelled.insert(answer.cancelled.end(), lease->cancelled.begin(),
                            lease->cancelled.end());
    note_running(state, *lease, event.running, step.now);
  }
  step.answer(std::move(answer));
}

void on_worker_left(Step& step, const WorkerLeft& event) {
  const auto number = step.state.worker_by_id.find(event.worker.text);
  if (number == step.state.worker_by_id.end()) return;
  const bool failed = !event.reason.empty();
  end_worker(step, number->second, AttemptOutcome::kReturned,
             failed ? event.reason : "the worker left normally",
             failed ? fmt::format("left: {}", event.reason) : "left normally");
}

void on_stalled(Step& step, const Stalled& event) {
  QueueState& state = step.state;
  for (auto& [number, lease] : state.leases) {
    set_deadline(state, lease, lease.deadline + event.duration);
    postpone_time(state, lease, event.duration);
  }
  state.workers_seen.clear();
  for (auto& [number, worker] : state.workers) {
    worker.last_seen = std::min(worker.last_seen + event.duration, step.now);
    state.workers_seen.emplace(worker.last_seen, number);
  }
}

void on_tick(Step& step) {
  expire_leases(step);
  expire_workers(step);
  end_overdue_jobs(step);
  end_backoffs(step);
}

}  // namespace cox::core
