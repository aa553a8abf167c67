#pragma once

#include <cstdint>
#include <memory>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "base/file.h"
#include "base/mutex.h"
#include "base/status.h"
#include "cox/v1/job.pb.h"

namespace cox::worker {

/// Finished jobs on disk until the coordinator has answered for them: what a worker computed
/// survives its own death and the coordinator's absence. One file a report, named so that byte
/// order is the order of finishing, each written atomically. One process holds the directory.
/// Thread-safe, for one that adds and one that takes.
class Spool {
 public:
  /// Makes the directory, takes its lock, and finds what an earlier process left.
  static Result<Spool> open(const std::string& directory);

  Status add(const v1::JobReport& report);

  struct Entry {
    std::string name;  ///< of the file, in the directory
    v1::JobReport report;
  };
  /// The oldest reports, `most` of them if there are so many. A file that cannot be parsed goes to
  /// `set_aside/` with an error in the log: its job is computed again once the lease ends.
  Result<std::vector<Entry>> oldest(size_t most);

  /// After the coordinator's answer.
  Status remove(const std::string& name);

  /// Moves a report that the coordinator will not take into `set_aside/`, for a person to look at.
  Status set_aside(const std::string& name);

  size_t size() const;

 private:
  /// The files that are whole, and the number that the next will have.
  struct Names {
    Mutex mutex;
    std::set<std::string> known COX_GUARDED_BY(mutex);
    std::uint64_t next_number COX_GUARDED_BY(mutex) = 1;
  };

  Spool(std::string directory, FileLock lock)
      : directory_(std::move(directory)), lock_(std::move(lock)) {}
  std::string path_of(const std::string& name) const { return directory_ + "/" + name; }
  std::set<std::string> first_names(size_t most) const;
  void forget(const std::string& name);

  std::string directory_;
  FileLock lock_;
  std::unique_ptr<Names> names_ = std::make_unique<Names>();  ///< apart, so that a spool can move
};

}  // namespace cox::worker
