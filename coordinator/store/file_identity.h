#pragma once

#include <sys/types.h>

#include <cstdint>
#include <string>

#include "base/status.h"

namespace cox::store {

/// Which file is at a path. SQLite keeps writing into a file that was deleted or replaced, and
/// whatever it commits there is lost when the process ends.
class FileIdentity {
 public:
  static Result<FileIdentity> of(const std::string& path);

  /// kDataLoss when there is another file at `path`, or none.
  Status check_unchanged(const std::string& path) const;

 private:
  dev_t device_ = 0;
  ino_t inode_ = 0;
};

/// Changes when somebody writes into a file.
struct FileStamp {
  std::int64_t bytes = 0;
  std::int64_t modified_ns = 0;
  bool operator==(const FileStamp&) const = default;

  static Result<FileStamp> of(const std::string& path);
};

}  // namespace cox::store
