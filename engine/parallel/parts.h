#pragma once

#include <memory>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "base/mutex.h"
#include "engine/parallel/group.h"
#include "engine/parallel/part_bounds.h"
#include "engine/parallel/watched_group.h"

namespace cox::engine {

/// The groups to which one part of a job belongs. Null for a group of one part.
struct PartGroups {
  Group* all = nullptr;       ///< every part
  Group* branch = nullptr;    ///< the parts of its guidance branch: the first or the second half
  Group* branches = nullptr;  ///< itself and its counterpart in the other half; null for an odd
                              ///< number of parts, which all work on every branch
};

/// Parses `cpu`, `cuda` or `cuda:N`, or several of them separated by commas. With a `count`, a
/// single GPU means that many GPUs, starting at it, and `cpu` means that many parts of the
/// processor. Throws EngineError(kUser) for another string, for too many, and for a device that
/// does not exist.
std::vector<at::Device> parse_devices(const std::string& text, int count = 1);

/// The groups of all parts of a job: through NCCL between GPUs, through memory on a CPU. A separate
/// thread watches them: if a part does not arrive, or a link fails between calls, the calls of all
/// parts end. Thread-safe except reconnect.
class Parts {
 public:
  using Devices = std::vector<at::Device>;
  using Backends = std::vector<std::unique_ptr<Group>>;
  /// Creates the groups of these devices, by rank.
  using MakeBackends = std::function<Backends(const Devices&)>;

  /// One part for each device; all of one kind. Throws EngineError(kUser) for GPUs of different
  /// models and for one that is named twice. Without `make`, the kind of the devices decides.
  explicit Parts(const Devices& devices, PartBounds bounds = {}, MakeBackends make = {});
  ~Parts();
  Parts(const Parts&) = delete;
  Parts& operator=(const Parts&) = delete;

  int size() const { return size_; }
  /// Valid for the life of this object.
  PartGroups groups(int rank) const;

  /// Ends every call in which a part waits, and all later calls, because part `rank` failed.
  void abort(int rank) noexcept COX_EXCLUDES(mutex_);
  /// Returns true if calls were ended, by a part or by the watching thread.
  bool ended() const COX_EXCLUDES(mutex_);
  /// Returns the part that ended the calls; nullopt if the watching thread did.
  std::optional<int> failed_rank() const COX_EXCLUDES(mutex_);
  /// Returns why the watching thread ended the calls; "" if it did not.
  std::string watch_reason() const COX_EXCLUDES(mutex_);

  /// Allows calls again after all parts have left the job. Throws as the constructor does.
  void reconnect() COX_EXCLUDES(mutex_, groups_mutex_);

 private:
  using Groups = std::vector<std::unique_ptr<WatchedGroup>>;
  using Clock = WatchedGroup::Clock;

  int half() const { return size_ / 2; }
  void connect(Groups& groups, const Devices& devices) const;
  void connect_all() COX_REQUIRES(groups_mutex_);
  void end_calls() noexcept;
  void watch() COX_EXCLUDES(mutex_, groups_mutex_);
  void look() COX_EXCLUDES(mutex_, groups_mutex_);
  std::string fault_of(WatchedGroup& group) const;

  int size_;
  Devices devices_;
  PartBounds bounds_;
  MakeBackends make_;
  Mutex groups_mutex_;  ///< held while backends are read or replaced
  Groups all_;
  Groups branch_[2];           ///< by half
  std::vector<Groups> pairs_;  ///< by position within a half

  mutable Mutex mutex_;
  CondVar changed_;
  bool closing_ COX_GUARDED_BY(mutex_) = false;
  std::optional<Clock::time_point> ended_ COX_GUARDED_BY(mutex_);
  std::optional<int> failed_rank_ COX_GUARDED_BY(mutex_);
  std::string watch_reason_ COX_GUARDED_BY(mutex_);
  std::jthread watcher_;  ///< only with several parts
};

}  // namespace cox::engine
