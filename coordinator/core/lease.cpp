#include <algorithm>
#include <charconv>

#include "base/text.h"
#include "coordinator/core/queue_state.h"

namespace cox::core {

namespace {

/// The lease of that name if this worker holds it, or nullptr.
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
  return not_found(concat("no worker '", id.text,
                          "' is here: it was replaced or silent for too long; register again"));
}

void remove_lease(QueueState& state, LeaseNumber number) {
  const Lease& lease = state.leases.at(number);
  state.lease_deadlines.erase({lease.deadline, number});
  state.workers.at(lease.worker).leases.erase(number);
  state.leases.erase(number);
}

/// The job that a worker had in flight when it died: as it last said, else the first of the bundle.
JobNumber suspect_of(const Lease& lease) {
  const bool known = lease.running && std::find(lease.jobs.begin(), lease.jobs.end(),
                                                *lease.running) != lease.jobs.end();
  return known ? *lease.running : lease.jobs.front();
}

/// Counts one lost worker against a job.
void charge_loss(Step& step, JobNumber number) {
  JobStatus next = step.state.at(number).status;
  ++next.losses;
  ++next.worker_kills;
  next.cause = FailureCause::kLost;
  if (next.worker_kills >= step.state.config.quarantine_after_kills) {
    next.state = JobState::kQuarantined;
    change(step, number, next);
    journal_job(step, "quarantined", number, {},
                concat(next.worker_kills, " workers were lost with this job in flight"));
    enforce_policy(step, step.state.at(step.state.at(number).submission).series);
    return;
  }
  const std::uint32_t limit = step.state.governing(step.state.at(number)).retry.lost;
  retry_or_fail(step, number, next, next.losses, limit);
}

/// Ends a lease whose worker is lost. Only the job in flight is charged, and only when the worker
/// was heard of since the coordinator started: one that went down with it proves nothing.
void lose_lease(Step& step, LeaseNumber number, const std::string& reason) {
  QueueState& state = step.state;
  const Lease lease = state.leases.at(number);
  const JobNumber charged = lease.restored ? JobNumber{} : suspect_of(lease);
  remove_lease(state, number);
  for (const JobNumber job : lease.jobs) {
    state.at(job).lease = {};
    end_attempt(step, job, AttemptOutcome::kLost, reason, FailureCause::kLost);
    journal_job(step, "lost", job, lease.worker, reason);
    if (job == charged) continue;
    JobStatus next = state.at(job).status;
    next.state = JobState::kQueued;
    change(step, job, next);
  }
  if (charged != JobNumber{}) charge_loss(step, charged);
}

/// Queues the jobs of a lease again, without blame: its worker left in good order.
void return_lease(Step& step, LeaseNumber number, const std::string& reason) {
  QueueState& state = step.state;
  const Lease lease = state.leases.at(number);
  remove_lease(state, number);
  for (const JobNumber job : lease.jobs) {
    state.at(job).lease = {};
    end_attempt(step, job, AttemptOutcome::kReturned, reason);
    JobStatus next = state.at(job).status;
    next.state = JobState::kQueued;
    change(step, job, next);
    journal_job(step, "returned", job, lease.worker, reason);
  }
}

/// Removes a worker that holds no lease any more.
void remove_worker(Step& step, WorkerNumber number, const std::string& reason) {
  QueueState& state = step.state;
  Worker& worker = state.workers.at(number);
  COX_CHECK(worker.leases.empty(), "a worker leaves with leases");
  worker.record.left_at = step.now;
  step.save(SaveWorker{worker.record});
  journal(step, "worker_left", {}, number, concat(worker.record.name, ": ", reason));
  state.workers_seen.erase({worker.last_seen, number});
  state.worker_by_id.erase(id_of(worker.record).text);
  const auto named = state.worker_by_name.find(worker.record.name);
  if (named != state.worker_by_name.end() && named->second == number) {
    state.worker_by_name.erase(named);
  }
  state.workers.erase(number);
}

void lose_worker(Step& step, WorkerNumber number, const std::string& reason) {
  const std::set<LeaseNumber> leases = step.state.workers.at(number).leases;
  for (const LeaseNumber lease : leases) lose_lease(step, lease, reason);
  remove_worker(step, number, reason);
}

/// Gives one job of a bundle to a worker.
GrantedJob grant_job(Step& step, JobNumber number, const Lease& lease, std::uint32_t position) {
  QueueState& state = step.state;
  JobStatus next = state.at(number).status;
  next.state = JobState::kLeased;
  next.cause = FailureCause::kNone;
  ++next.attempt;
  change(step, number, next);
  state.at(number).lease = lease.number;
  step.save(SaveAttempt{number, next.attempt, lease.worker, lease.number, position, step.now});
  const Job& job = state.at(number);
  const RunRecord& run = state.at(job.run).record;
  return {number,     job.digest,          next.attempt,   run.digest,
          run.method, run.parameters_json, run.definition, run.share};
}

void expire_leases(Step& step) {
  QueueState& state = step.state;
  while (!state.lease_deadlines.empty() && state.lease_deadlines.begin()->first <= step.now) {
    const LeaseNumber number = state.lease_deadlines.begin()->second;
    const std::string& worker = state.workers.at(state.leases.at(number).worker).record.name;
    lose_lease(step, number, concat("worker ", worker, " was silent past the lease's deadline"));
  }
}

void end_backoffs(Step& step) {
  QueueState& state = step.state;
  while (!state.blocked.empty() && state.blocked.begin()->first <= step.now) {
    const JobNumber number = state.blocked.begin()->second;
    JobStatus next = state.at(number).status;
    next.state = JobState::kQueued;
    next.ready_at = 0;
    change(step, number, next);
  }
}

void forget_silent_workers(Step& step) {
  QueueState& state = step.state;
  while (!state.workers_seen.empty() &&
         state.workers_seen.begin()->first + state.config.worker_silence <= step.now) {
    lose_worker(step, state.workers_seen.begin()->second, "silent for too long");
  }
}

/// A process of the same machine is the one that had the name, started again. On another machine
/// two would take each other's work for as long as both live.
Status check_name_is_free(const Step& step, const Worker& holder, const WorkerJoined& event) {
  const bool is_silent = step.now - holder.last_seen > step.state.config.lease_duration;
  if (holder.record.machine == event.machine || is_silent) return Status::ok();
  return failed_precondition(concat(
      "a worker named '", event.name, "' works on machine '", holder.record.machine, "', heard of ",
      (step.now - holder.last_seen) / kSecondUs, " s ago: start this one with another --name"));
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

void release(QueueState& state, JobNumber number) {
  Job& job = state.at(number);
  Lease& lease = state.leases.at(job.lease);
  lease.jobs.erase(std::find(lease.jobs.begin(), lease.jobs.end(), number));
  if (lease.running == number) lease.running.reset();
  if (lease.jobs.empty()) remove_lease(state, lease.number);
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
    lose_worker(step, earlier->second, concat("a new process took the name ", event.name));
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
  journal(
      step, "worker_joined", {}, worker.record.number,
      concat(worker.record.name, " on ", worker.record.machine, ", ", worker.record.device_name));
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
      worker->record.has, loaded, std::min(event.max_jobs, state.config.max_bundle_jobs),
      state.config.max_affinity_grants);
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
      id_of(lease.number), lease.deadline, state.at(state.at(bundle.front()).video), {}};
  for (std::uint32_t position = 0; position < bundle.size(); ++position) {
    grant.jobs.push_back(grant_job(step, bundle[position], lease, position));
  }
  add_lease(state, std::move(lease));
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
    if (!event.running) continue;
    const auto running = state.job_by_digest.find(*event.running);
    if (running != state.job_by_digest.end() && state.at(running->second).lease == lease->number) {
      lease->running = running->second;
    }
  }
  step.answer(std::move(answer));
}

void on_worker_left(Step& step, const WorkerLeft& event) {
  const auto number = step.state.worker_by_id.find(event.worker.text);
  if (number == step.state.worker_by_id.end()) return;
  const WorkerNumber worker = number->second;
  const std::set<LeaseNumber> leases = step.state.workers.at(worker).leases;
  const bool told = !event.reason.empty();
  for (const LeaseNumber lease : leases) {
    return_lease(step, lease, told ? event.reason : "the worker left in good order");
  }
  remove_worker(step, worker, told ? concat("left: ", event.reason) : "left in good order");
}

void on_tick(Step& step) {
  expire_leases(step);
  forget_silent_workers(step);
  end_backoffs(step);
}

}  // namespace cox::core
