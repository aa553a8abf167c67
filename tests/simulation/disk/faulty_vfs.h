#pragma once

#include <cstdint>
#include <map>
#include <random>
#include <string>
#include <vector>

namespace cox::simulation {

/// What happens at one of the operations that change files.
struct DiskFault {
  enum class Kind {
    kNone,
    kError,      ///< this operation fails, the next ones work
    kFull,       ///< this write and all after it find no space
    kPowerLoss,  ///< nothing works any more; see FaultyDisk::restart
  };
  Kind kind = Kind::kNone;
  std::int64_t at = 0;  ///< number of the operation, from 1
};

/// A disk under SQLite that fails as it is told, as the default VFS for as long as it lives. Files
/// are real; what a loss of power leaves of them is what was synced, and any part of the writes
/// since, whole or torn at a sector.
class FaultyDisk {
 public:
  FaultyDisk();
  ~FaultyDisk();
  FaultyDisk(const FaultyDisk&) = delete;
  FaultyDisk& operator=(const FaultyDisk&) = delete;

  /// Counts operations from here on.
  void arm(const DiskFault& fault);
  std::int64_t operations() const { return operations_; }
  bool happened() const { return happened_; }
  /// Syncs report success but do nothing, like a faulty disk or a system without fsync.
  void ignore_syncs() { ignores_syncs_ = true; }
  /// The power is back, after every file was closed: undoes what was not synced. `seed` chooses
  /// what of it had reached the disk all the same.
  void restart(unsigned seed);

  // For the VFS.
  /// SQLITE_OK, or the error with which the next operation ends. `failure`: when it is kError.
  int next_operation(int failure, bool is_write);
  void note_write(const std::string& path, std::int64_t offset, const std::string& before,
                  std::int64_t size_before, const std::string& after);
  void note_sync(const std::string& path);

 private:
  struct Write {
    std::int64_t offset = 0;
    std::string before;
    std::int64_t size_before = 0;
    std::string after;
  };
  DiskFault fault_;
  std::int64_t operations_ = 0;
  bool happened_ = false;
  bool ignores_syncs_ = false;
  std::map<std::string, std::vector<Write>> unsynced_;  ///< by file
};

}  // namespace cox::simulation
