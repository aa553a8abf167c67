#include <algorithm>

#include "base/text.h"
#include "coordinator/core/queue_state.h"

namespace cox::core {

namespace {

/// A job is in exactly the waiting set of its state, and its lease knows it.
void check_job(QueueState& state, JobNumber number) {
  const Job& job = state.at(number);
  const JobStatus& status = job.status;
  const std::string name = concat("job ", job.digest.hex());
  const auto indexed = state.job_by_digest.find(job.digest);
  COX_CHECK(indexed != state.job_by_digest.end() && indexed->second == number,
            name + " is not indexed");
  COX_CHECK(state.ready.contains(state.place_of(number)) == (status.state == JobState::kQueued),
            name + ": in the queue when queued alone");
  COX_CHECK(
      (state.blocked.count({status.ready_at, number}) == 1) == (status.state == JobState::kBlocked),
      name + ": waits when blocked alone");
  COX_CHECK((job.lease != LeaseNumber{}) == (status.state == JobState::kLeased),
            name + ": has a lease when leased alone");
  COX_CHECK(status.reported_attempt <= status.attempt, name + ": reported before it was tried");
  COX_CHECK(status.state != JobState::kDone || status.reported_attempt == status.attempt,
            name + ": done by another attempt than the latest");
  const bool must_have_cause =
      status.state == JobState::kFailed || status.state == JobState::kQuarantined;
  COX_CHECK(!must_have_cause || status.cause != FailureCause::kNone, name + ": failed uncaused");
  if (job.lease == LeaseNumber{}) return;
  const auto lease = state.leases.find(job.lease);
  COX_CHECK(lease != state.leases.end(), name + ": its lease is gone");
  COX_CHECK(std::count(lease->second.jobs.begin(), lease->second.jobs.end(), number) == 1,
            name + ": its lease does not hold it");
}

void check_tallies(QueueState& state) {
  StateTally total;
  std::vector<StateTally> owned(state.series.size());
  for (const Job& job : state.jobs) {
    total.add(job.status);
    owned[static_cast<std::size_t>(state.at(job.submission).series) - 1].add(job.status);
  }
  COX_CHECK(total == state.total, "the total tally drifted");
  for (std::size_t i = 0; i < owned.size(); ++i) {
    COX_CHECK(owned[i] == state.series[i].owned, "a series' tally drifted");
  }
  for (const Run& run : state.runs) {
    for (const Slice& slice : run.slices) {
      StateTally tally;
      for (const JobNumber job : run.jobs) {
        if (state.at(slice.dataset).has(state.at(job).video)) tally.add(state.at(job).status);
      }
      COX_CHECK(tally == slice.tally, concat("a tally of run ", run.record.digest, " drifted"));
    }
  }
}

void check_leases(QueueState& state) {
  std::size_t held = 0;
  for (const auto& [number, lease] : state.leases) {
    COX_CHECK(!lease.jobs.empty(), "an empty lease lives on");
    COX_CHECK(state.lease_deadlines.count({lease.deadline, number}) == 1, "a lease cannot expire");
    const auto worker = state.workers.find(lease.worker);
    COX_CHECK(worker != state.workers.end() && worker->second.leases.count(number) == 1,
              "a lease of nobody");
    const Job& first = state.at(lease.jobs.front());
    for (const JobNumber job : lease.jobs) {
      COX_CHECK(state.at(job).lease == number, "a lease holds a job that is not its own");
      COX_CHECK(state.at(job).video == first.video, "a bundle mixes videos");
      COX_CHECK(state.at(state.at(job).run).model == state.at(first.run).model,
                "a bundle mixes models");
    }
    held += lease.jobs.size();
  }
  COX_CHECK(held == state.total.of(JobState::kLeased), "a leased job is in no lease");
  COX_CHECK(state.lease_deadlines.size() == state.leases.size(), "a deadline of no lease");
}

void check_workers(QueueState& state) {
  for (const auto& [number, worker] : state.workers) {
    COX_CHECK(state.worker_by_id.at(id_of(worker.record).text) == number, "a worker id is lost");
    COX_CHECK(state.worker_by_name.at(worker.record.name) == number, "two workers of one name");
    COX_CHECK(state.workers_seen.count({worker.last_seen, number}) == 1, "an unseen worker");
    for (const LeaseNumber lease : worker.leases) {
      COX_CHECK(state.leases.count(lease) == 1, "a worker holds a lease that is gone");
    }
  }
  COX_CHECK(state.worker_by_id.size() == state.workers.size(), "an id of no worker");
  COX_CHECK(state.worker_by_name.size() == state.workers.size(), "a name of no worker");
  COX_CHECK(state.workers_seen.size() == state.workers.size(), "a sign of life of no worker");
}

void check_names(QueueState& state) {
  for (const Series& series : state.series) {
    for (const auto& [name, run] : series.current) {
      const auto member = series.members.find({name, run});
      COX_CHECK(member != series.members.end() && !member->second.superseded,
                concat("name '", name, "' has no holder"));
    }
    for (const auto& [key, member] : series.members) {
      const auto holder = series.current.find(key.first);
      const bool holds = holder != series.current.end() && holder->second == key.second;
      COX_CHECK(holds == !member.superseded, concat("name '", key.first, "' has two holders"));
      COX_CHECK(find_slice(state.at(member.run), member.dataset) != nullptr, "a run without tally");
    }
  }
}

}  // namespace

void Core::sanity_check() const {
  QueueState& state = *state_;
  for (std::size_t i = 0; i < state.jobs.size(); ++i) {
    check_job(state, static_cast<JobNumber>(i + 1));
  }
  COX_CHECK(state.job_by_digest.size() == state.jobs.size(), "a digest of no job");
  COX_CHECK(state.ready.size() == state.total.of(JobState::kQueued), "a queue entry of no job");
  COX_CHECK(state.blocked.size() == state.total.of(JobState::kBlocked), "a wait of no job");
  check_tallies(state);
  check_leases(state);
  check_workers(state);
  check_names(state);
}

}  // namespace cox::core
