#pragma once

#include <sys/types.h>

#include <string>

#include "base/status.h"

namespace cox::store {

/// Which file a path led to. SQLite writes on into a file that was deleted or replaced under it,
/// and whatever it commits then is gone with the process.
class FileIdentity {
 public:
  static Result<FileIdentity> of(const std::string& path);

  /// kDataLoss when `path` leads elsewhere by now, or nowhere.
  Status check_unchanged(const std::string& path) const;

 private:
  dev_t device_ = 0;
  ino_t inode_ = 0;
};

}  // namespace cox::store
