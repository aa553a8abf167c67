#include "tests/simulation/queue/disk.h"

#include <algorithm>
#include <tuple>

namespace cox::simulation {

namespace {

/// Commits that a system without fsync holds back.
constexpr int kHeldBack = 8;

}  // namespace

bool Disk::breaks_a_rule(const std::vector<core::Effects>& batch) const {
  std::set<core::JobNumber> results;
  std::set<AttemptKey> attempts;
  std::set<std::uint64_t> events;
  for (const core::Effects& effects : batch) {
    for (const core::Save& save : effects.saves) {
      if (const auto* result = std::get_if<core::SaveResult>(&save)) {
        if (image_.results.contains(result->job) || !results.insert(result->job).second)
          return true;
      }
      if (const auto* attempt = std::get_if<core::SaveAttempt>(&save)) {
        const AttemptKey key{attempt->job, attempt->attempt};
        if (image_.attempts.contains(key) || !attempts.insert(key).second) return true;
      }
      if (const auto* entry = std::get_if<core::JournalEntry>(&save)) {
        if (image_.events.contains(entry->sequence) || !events.insert(entry->sequence).second) {
          return true;
        }
      }
      if (const auto* made = std::get_if<core::SaveJobs>(&save)) {
        for (const core::JobRecord& job : made->jobs) {
          if (image_.jobs.contains(job.number) || image_.numbers.contains(job.digest)) return true;
        }
      }
    }
  }
  return false;
}

bool Disk::commit(const std::vector<core::Effects>& batch) {
  if (mutation_ != Mutation::kUniqueIndex && breaks_a_rule(batch)) return false;
  for (const core::Effects& effects : batch) {
    for (const core::Save& save : effects.saves) apply(save);
  }
  if (mutation_ == Mutation::kFsync && ++unsynced_commits_ >= kHeldBack) {
    synced_ = image_;
    unsynced_commits_ = 0;
  }
  return true;
}

void Disk::lose_power() {
  if (mutation_ != Mutation::kFsync) return;  // every commit was synced
  image_ = synced_;
  unsynced_commits_ = 0;
}

void Disk::apply(const core::Save& save) {
  struct Visitor {
    Image& to;
    void operator()(const core::SaveSeries& s) { to.series[s.series.number] = s.series; }
    void operator()(const core::SaveVideo& s) { to.videos[s.video.number] = s.video; }
    void operator()(const core::SaveDataset& s) { to.datasets[s.dataset.number] = s.dataset; }
    void operator()(const core::SaveSubmission& s) {
      core::SubmissionRecord& record = to.submissions[s.submission.number] = s.submission;
      record.sweep_text = record.baseline = record.tables_json = record.report_settings_json = "";
    }
    void operator()(const core::SaveRun& s) { to.runs[s.run.number] = s.run; }
    void operator()(const core::SaveMember& s) {
      to.members[{s.member.series, s.member.name, s.member.run}] = s.member;
    }
    void operator()(const core::SaveJobs& s) {
      for (const core::JobRecord& job : s.jobs) {
        to.jobs[job.number] = job;
        to.numbers[job.digest] = job.number;
      }
    }
    void operator()(const core::SaveJobState& s) { to.jobs.at(s.job).status = s.status; }
    void operator()(const core::SaveTag&) {}  // labels: no job depends on them
    void operator()(const core::SaveNote&) {}
    void operator()(const core::SaveUsage& s) { to.series.at(s.series).gpu_time = s.gpu_time; }
    void operator()(const core::SaveWorker& s) { to.workers[s.worker.number] = s.worker; }
    void operator()(const core::SaveAttempt& s) {
      to.attempts[{s.job, s.attempt}] = {s.worker, s.lease, s.position, true};
      to.last_lease = std::max(to.last_lease, s.lease);
    }
    void operator()(const core::SaveAttemptEnd& s) { to.attempts[{s.job, s.attempt}].open = false; }
    void operator()(const core::SaveResult& s) {
      to.replaced_results += to.results.count(s.job);
      to.results[s.job] = {s.attempt, s.result.output().metrics.at(0).mean};
    }
    void operator()(const core::SaveTotals&) {}
    void operator()(const core::JournalEntry& e) { to.events.insert(e.sequence); }
  };
  std::visit(Visitor{image_}, save);
}

const StoredResult* Disk::result_of(const core::JobDigest& job) const {
  const auto number = image_.numbers.find(job);
  if (number == image_.numbers.end()) return nullptr;
  const auto result = image_.results.find(number->second);
  return result == image_.results.end() ? nullptr : &result->second;
}

core::Snapshot Disk::load() const {
  core::Snapshot snapshot;
  const auto take = [](const auto& rows, auto& to) {
    for (const auto& [key, row] : rows) to.push_back(row);
  };
  take(image_.series, snapshot.series);
  take(image_.datasets, snapshot.datasets);
  take(image_.videos, snapshot.videos);
  take(image_.submissions, snapshot.submissions);
  take(image_.runs, snapshot.runs);
  take(image_.members, snapshot.members);
  std::sort(snapshot.members.begin(), snapshot.members.end(),
            [](const core::MemberRecord& a, const core::MemberRecord& b) {
              return std::tie(a.series, a.position, a.name, a.run) <
                     std::tie(b.series, b.position, b.name, b.run);
            });
  take(image_.jobs, snapshot.jobs);
  for (const auto& [number, worker] : image_.workers) {
    snapshot.last_worker = number;
    if (worker.left_at == 0) snapshot.workers.push_back(worker);
  }
  std::map<core::LeaseNumber,
           std::map<std::uint32_t, std::pair<core::JobNumber, core::WorkerNumber>>>
      leases;
  for (const auto& [key, attempt] : image_.attempts) {
    if (attempt.open) leases[attempt.lease][attempt.position] = {key.first, attempt.worker};
  }
  for (const auto& [number, jobs] : leases) {
    core::LeaseRecord lease{number, jobs.begin()->second.second, {}};
    for (const auto& [position, job] : jobs) lease.jobs.push_back(job.first);
    snapshot.leases.push_back(std::move(lease));
  }
  snapshot.last_lease = image_.last_lease;
  snapshot.last_sequence = image_.events.empty() ? 0 : *image_.events.rbegin();
  return snapshot;
}

}  // namespace cox::simulation
