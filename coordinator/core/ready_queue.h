#pragma once

#include <compare>
#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <set>
#include <utility>
#include <vector>

#include "coordinator/core/records.h"

namespace cox::core {

/// Models are numbered from 0 as they are first seen; few sweeps use more than one.
enum class ModelNumber : std::uint32_t {};

/// Groups of runs whose jobs of one video share work, numbered from 1 as they are first seen. 0 is
/// no group: its jobs share nothing with each other.
enum class GroupNumber : std::uint32_t {};

/// The queued jobs in the order in which they are leased: by priority, then by the turn of their
/// series, then by age of the submission, then by video, so that a worker gets all runs of one
/// video at once. Jobs of one video are ordered by group, then by how far they read: the order in
/// which a worker runs them.
class ReadyQueue {
 public:
  struct Entry {
    ModelNumber model{};
    Resources needs;
    SeriesNumber series{};
    std::int32_t priority = 0;
    SubmissionNumber submission{};
    VideoNumber video{};
    GroupNumber group{};
    std::int64_t horizon = 0;
    JobNumber job{};
  };

  /// A worker that asks.
  struct Ask {
    Resources has;
    std::optional<ModelNumber> loaded;
    std::uint32_t max_jobs = 1;
    std::uint32_t max_affinity_grants = 0;
  };
  /// What a series has had of the workers' time: among series of one priority the one with the
  /// least is next.
  using Turn = std::function<DurationUs(SeriesNumber)>;

  void insert(const Entry& entry);
  void erase(const Entry& entry);
  bool contains(const Entry& entry) const;
  std::size_t size() const { return size_; }

  /// The next bundle for a worker: up to `max_jobs` jobs of one video and one model; empty when
  /// nothing is queued that the worker can do. A group that does not fit behind others is left for
  /// the next bundle. They stay in the queue. Jobs of the `loaded` model go before others of equal
  /// priority, at most `max_affinity_grants` times in a row.
  std::vector<JobNumber> next_bundle(const Ask& ask, const Turn& turn);

 private:
  struct Key {
    std::int32_t descending_priority;  ///< ~priority, so that higher sorts first
    SubmissionNumber submission;
    VideoNumber video;
    GroupNumber group;
    std::int64_t horizon;
    JobNumber job;
    auto operator<=>(const Key&) const = default;
  };
  using Queue = std::set<Key>;
  /// Jobs of one series with equal needs and one model: a worker can do all of them or none.
  struct Lane {
    ModelNumber model{};
    Resources needs;
    SeriesNumber series{};
    auto operator<=>(const Lane&) const = default;
  };
  /// A lane's first job, in the order in which lanes are served.
  struct Candidate {
    std::int32_t descending_priority;
    DurationUs turn;
    Key first;
    const Queue* queue;
    bool operator<(const Candidate& other) const;
  };
  static Lane lane_of(const Entry& entry);
  static Key key_of(const Entry& entry);
  const Queue* choose(const Ask& ask, const Turn& turn);

  std::map<Lane, Queue> lanes_;
  std::size_t size_ = 0;
  std::uint32_t affinity_grants_ = 0;  ///< in a row that passed over the next in turn
};

}  // namespace cox::core
