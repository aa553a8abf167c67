#include <fmt/format.h>

#include <algorithm>

#include "coordinator/core/queue_state.h"

namespace cox::core {

namespace {

/// A job is in exactly the waiting set of its state, and its lease knows it.
void check_job(QueueState& state, JobNumber number) {
  const Job& job = state.job(number);
  const JobStatus& status = job.status;
  const std::string name = fmt::format("job {}", job.digest.hex());
  const auto indexed = state.job_by_digest.find(job.digest);
  COX_CHECK(indexed != state.job_by_digest.end() && indexed->second == number,
            name + " is not indexed");
  COX_CHECK(state.ready.contains(state.entry_of(number)) == (status.state == JobState::kQueued),
            name + ": is in the queue if and only if it is queued");
  COX_CHECK(
      (state.blocked.count({status.ready_at, number}) == 1) == (status.state == JobState::kBlocked),
      name + ": waits for its backoff if and only if it is blocked");
  COX_CHECK((job.lease != LeaseNumber{}) == (status.state == JobState::kLeased),
            name + ": has a lease if and only if it is leased");
  COX_CHECK(status.reported_attempt <= status.attempt,
            name + ": has a report of an attempt that was not made");
  COX_CHECK(status.state != JobState::kDone || status.reported_attempt == status.attempt,
            name + ": is done but not by the latest attempt");
  const bool must_have_cause =
      status.state == JobState::kFailed || status.state == JobState::kQuarantined;
  COX_CHECK(!must_have_cause || status.cause != FailureCause::kNone,
            name + ": failed without a cause");
  const bool has_reason = status.stop != StopReason::kNone && status.stop != StopReason::kOverruled;
  COX_CHECK(has_reason == (status.state == JobState::kStopped),
            name + ": has a reason if and only if it is stopped");
  if (job.lease == LeaseNumber{}) return;
  const auto lease = state.leases.find(job.lease);
  COX_CHECK(lease != state.leases.end(), name + ": its lease does not exist");
  COX_CHECK(std::count(lease->second.jobs.begin(), lease->second.jobs.end(), number) == 1,
            name + ": its lease does not hold it");
}

void check_tallies(QueueState& state) {
  StateTally total;
  std::vector<StateTally> owned(state.all_series.size());
  for (const Job& job : state.jobs) {
    total.add(job.status);
    owned[static_cast<std::size_t>(state.series_number(job)) - 1].add(job.status);
  }
  COX_CHECK(total == state.total, "the total tally is wrong");
  for (std::size_t i = 0; i < owned.size(); ++i) {
    COX_CHECK(owned[i] == state.all_series[i].owned, "a series' tally is wrong");
  }
  for (const Run& run : state.runs) {
    for (const Slice& slice : run.slices) {
      StateTally tally;
      for (const JobNumber job : run.jobs) {
        if (state.dataset(slice.dataset).has(state.job(job).video))
          tally.add(state.job(job).status);
      }
      COX_CHECK(tally == slice.tally(),
                fmt::format("a tally of run {} is wrong", run.record.digest));
    }
  }
}

void check_leases(QueueState& state) {
  std::size_t held = 0;
  std::size_t timed = 0;
  for (const auto& [number, lease] : state.leases) {
    COX_CHECK(!lease.jobs.empty(), "a lease holds no job");
    COX_CHECK(state.lease_deadlines.count({lease.deadline, number}) == 1, "a lease cannot expire");
    const auto worker = state.workers.find(lease.worker);
    COX_CHECK(worker != state.workers.end() && worker->second.leases.count(number) == 1,
              "a lease has no worker");
    COX_CHECK(!lease.time_limit || state.time_limits.count({*lease.time_limit, number}) == 1,
              "a lease's time limit cannot pass");
    timed += lease.time_limit ? 1 : 0;
    const Job& first = state.job(lease.jobs.front());
    for (const JobNumber job : lease.jobs) {
      COX_CHECK(state.job(job).lease == number, "a lease holds a job that is not leased under it");
      COX_CHECK(state.job(job).video == first.video, "a bundle mixes videos");
      COX_CHECK(state.run(state.job(job).run).model == state.run(first.run).model,
                "a bundle mixes models");
    }
    held += lease.jobs.size();
  }
  COX_CHECK(held == state.total.of(JobState::kLeased), "a leased job is not in a lease");
  COX_CHECK(state.lease_deadlines.size() == state.leases.size(), "a deadline has no lease");
  COX_CHECK(state.time_limits.size() == timed, "a time limit has no lease");
}

void check_workers(QueueState& state) {
  for (const auto& [number, worker] : state.workers) {
    COX_CHECK(state.worker_by_id.at(id_of(worker.record).text) == number,
              "a worker is not indexed by its id");
    COX_CHECK(state.worker_by_name.at(worker.record.name) == number, "two workers have one name");
    COX_CHECK(state.workers_seen.count({worker.last_seen, number}) == 1,
              "a worker cannot time out");
    for (const LeaseNumber lease : worker.leases) {
      COX_CHECK(state.leases.count(lease) == 1, "a worker holds a lease that does not exist");
    }
  }
  COX_CHECK(state.worker_by_id.size() == state.workers.size(), "an id has no worker");
  COX_CHECK(state.worker_by_name.size() == state.workers.size(), "a name has no worker");
  COX_CHECK(state.workers_seen.size() == state.workers.size(),
            "a worker that does not exist can time out");
}

void check_names(QueueState& state) {
  for (const Series& series : state.all_series) {
    for (const auto& [name, run] : series.current) {
      const auto member = series.members.find({name, run});
      COX_CHECK(member != series.members.end() && !member->second.superseded,
                fmt::format("name '{}' belongs to no run", name));
    }
    for (const auto& [key, member] : series.members) {
      const auto holder = series.current.find(key.first);
      const bool holds = holder != series.current.end() && holder->second == key.second;
      COX_CHECK(holds == !member.superseded,
                fmt::format("name '{}' belongs to two runs", key.first));
      COX_CHECK(find_slice(state.run(member.run), member.dataset) != nullptr,
                "a run has no tally on its data set");
    }
  }
}

}  // namespace

void Core::sanity_check() const {
  QueueState& state = *state_;
  for (std::size_t i = 0; i < state.jobs.size(); ++i) {
    check_job(state, static_cast<JobNumber>(i + 1));
  }
  COX_CHECK(state.job_by_digest.size() == state.jobs.size(), "a digest has no job");
  COX_CHECK(state.ready.size() == state.total.of(JobState::kQueued), "a queue entry has no job");
  COX_CHECK(state.blocked.size() == state.total.of(JobState::kBlocked), "a backoff has no job");
  check_tallies(state);
  check_leases(state);
  check_workers(state);
  check_names(state);
}

}  // namespace cox::core
