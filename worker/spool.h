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

/// Keeps finished jobs on disk until the coordinator has answered: results survive the death of the
/// worker and the absence of the coordinator. One file for each report, written atomically; byte
/// order of the names is the order of finishing. One process holds the directory. Thread-safe for
/// one thread that adds and one that takes.
class Spool {
 public:
  /// Creates the directory, locks it, and finds what an earlier process left.
  static Result<Spool> open(const std::string& directory);

  Status add(const v1::JobReport& report);

  struct Entry {
    std::string name;  ///< of the file, in the directory
    v1::JobReport report;
  };
  /// Returns the oldest reports, at most `most`. Moves files that cannot be parsed to `set_aside/`
  /// with an error in the log: their jobs are computed again once the lease expires.
  Result<std::vector<Entry>> oldest(size_t most);

  /// Deletes a report that the coordinator has answered.
  Status remove(const std::string& name);

  /// Moves a report that the coordinator rejected to `set_aside/`, for a person to look at.
  Status set_aside(const std::string& name);

  size_t size() const;

 private:
  /// The complete files, and the number of the next.
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
  std::unique_ptr<Names> names_ =
      std::make_unique<Names>();  ///< on the heap, so that a spool can be moved
};

}  // namespace cox::worker
