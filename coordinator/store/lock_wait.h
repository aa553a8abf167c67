#pragma once

#include <string>

#include "base/clock.h"
#include "coordinator/store/sqlite.h"

namespace cox::store {

/// Makes the statements of a connection wait for locks that other programs hold, and log which
/// process that is. Must outlive the connection; neither moves.
class LockWait {
 public:
  /// Statements wait up to `longest`, then fail with SQLITE_BUSY.
  LockWait(const Database& database, std::string path, DurationUs longest);
  LockWait(const LockWait&) = delete;
  LockWait& operator=(const LockWait&) = delete;

 private:
  static int on_busy(void* self, int tries);
  std::string path_;
  DurationUs longest_;
};

/// The processes that hold a write lock of SQLite on the database at `path`, as "process 12" or
/// "processes 12, 13"; "another program" when the system does not know. This process is left out.
std::string lock_holders(const std::string& path);

}  // namespace cox::store
