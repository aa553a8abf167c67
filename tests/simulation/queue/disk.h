#pragma once

#include <map>
#include <set>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include "coordinator/core/core.h"

namespace cox::simulation {

/// What may be switched off, to see that the simulation notices.
enum class Mutation {
  kNone,
  kFencing,      ///< a report counts whatever its attempt
  kUniqueIndex,  ///< rows replace each other
  kFsync,        ///< commits reach the disk later than they are acknowledged
  kLeaseExpiry,  ///< no lease ends by itself
};

/// The stored result of a job.
struct StoredResult {
  std::uint32_t attempt = 0;
  double value = 0;
};

/// A database by the rules of its tables, in memory: transactions, unique rows, and what a loss of
/// power leaves. A model of coordinator/store, written from the meaning of the saves.
class Disk {
 public:
  explicit Disk(Mutation mutation) : mutation_(mutation) {}

  /// One transaction. False, with nothing changed, when a row exists already.
  bool commit(const std::vector<core::Effects>& batch);
  /// The machine loses its power: what was not synced is gone.
  void lose_power();
  core::Snapshot load() const;

  const StoredResult* result_of(const core::JobDigest& job) const;
  bool has_job(const core::JobDigest& job) const { return numbers().contains(job); }
  std::size_t replaced_results() const { return image_.replaced_results; }

 private:
  struct Attempt {
    core::WorkerNumber worker{};
    core::LeaseNumber lease{};
    std::uint32_t position = 0;
    bool open = true;
  };
  using AttemptKey = std::pair<core::JobNumber, std::uint32_t>;
  struct Image {
    std::map<core::SeriesNumber, core::SeriesRecord> series;
    std::map<core::DatasetNumber, core::DatasetRecord> datasets;
    std::map<core::VideoNumber, core::VideoRecord> videos;
    std::map<core::SubmissionNumber, core::SubmissionRecord> submissions;
    std::map<core::RunNumber, core::RunRecord> runs;
    std::map<std::tuple<core::SeriesNumber, std::string, core::RunNumber>, core::MemberRecord>
        members;
    std::map<core::JobNumber, core::JobRecord> jobs;
    std::map<core::JobDigest, core::JobNumber> numbers;
    std::map<core::WorkerNumber, core::WorkerRecord> workers;
    std::map<AttemptKey, Attempt> attempts;
    std::map<core::JobNumber, StoredResult> results;
    std::set<std::uint64_t> events;
    core::LeaseNumber last_lease{};
    std::size_t replaced_results = 0;
  };

  const std::map<core::JobDigest, core::JobNumber>& numbers() const { return image_.numbers; }
  bool breaks_a_rule(const std::vector<core::Effects>& batch) const;
  void apply(const core::Save& save);

  Mutation mutation_;
  Image image_;
  Image synced_;  ///< only kept without fsync
  int unsynced_commits_ = 0;
};

}  // namespace cox::simulation
