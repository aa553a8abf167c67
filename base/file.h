#pragma once

#include <string>
#include <string_view>

#include "base/status.h"

namespace cox {

Result<std::string> read_file(const std::string& path);

/// Whether a file may take the place of what is at `path`: nothing, a regular file or a directory
/// (over which no file can be renamed). A device, pipe, socket or symbolic link would be destroyed
/// and is kFailedPrecondition, whatever the link points to.
Status check_replaceable(const std::string& path);

/// Writes beside `path`, flushes to disk and renames over it: after a crash the file holds either
/// its old or its new content. Makes missing parent directories. Refuses what check_replaceable
/// refuses, before it writes.
Status write_file_atomically(const std::string& path, std::string_view content);

/// Flushes the finished file `aside` to disk and renames it over `path`, which is in the same
/// folder: for files that a library writes itself. Removes `aside` when it fails, as it does for
/// what check_replaceable refuses.
Status publish_file(const std::string& aside, const std::string& path);

/// $XDG_CACHE_HOME/coxswain, or ~/.cache/coxswain.
std::string user_cache_directory();

/// A name in `directory` that no other process uses, for writing something aside before a rename.
std::string unique_sibling(const std::string& path);

/// Holds an exclusive lock on a file for as long as it lives; the kernel frees it when the process
/// dies. Movable; owned by one thread.
class FileLock {
 public:
  /// kUnavailable when another process holds it; the message names `path` and the holder's pid.
  static Result<FileLock> acquire(const std::string& path);

  /// The same without writing into the file, for one that has another content: whatever its name
  /// is, there is one lock. Makes it, empty, when it is missing. The message names `path` alone.
  static Result<FileLock> hold(const std::string& path);

  FileLock(FileLock&& other) noexcept;
  FileLock& operator=(FileLock&& other) noexcept;
  FileLock(const FileLock&) = delete;
  FileLock& operator=(const FileLock&) = delete;
  ~FileLock();

 private:
  explicit FileLock(int descriptor) : descriptor_(descriptor) {}
  int descriptor_ = -1;
};

}  // namespace cox
