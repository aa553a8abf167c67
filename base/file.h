#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "base/status.h"

namespace cox {

/// Most bytes that read_file reads by default: 1 GiB.
inline constexpr std::size_t kMaxFileBytes = std::size_t{1} << 30;

/// Reads a regular file or a pipe to its end. An error for a directory, a device or a socket, for
/// content of more than `limit` bytes, and for a pipe that is silent for kMaxPipeWaitMs.
Result<std::string> read_file(const std::string& path, std::size_t limit = kMaxFileBytes);

/// Reads text that people and other programs write (sweep files, captions, CSV, lists, manifests,
/// prompts): UTF-8 without NUL, at most `limit` bytes. Removes a byte-order mark. An error names
/// the file, the byte offset and the line.
Result<std::string> read_text_file(const std::string& path, std::size_t limit);

/// One entry that a walk over a folder found.
struct FolderEntry {
  enum class Kind {
    kFile,        ///< a regular file, or a link to one
    kBrokenLink,  ///< a link whose target does not exist
    kLoop,        ///< a link to a folder that contains it; not entered
    kOther        ///< a device, pipe or socket, or a link to one
  };
  Kind kind = Kind::kFile;
  std::string path;  ///< relative to the folder, from the names walked: links are never resolved

  bool operator==(const FolderEntry&) const = default;
};

/// Returns every entry below `folder` that is not itself a folder, in byte order of `path`. Follows
/// links. Skips files and folders whose names start with '.'. Fails when a folder cannot be listed,
/// and beyond kMaxFolderDepth levels, kMaxFolderEntries entries or kMaxPathsToFolder paths to one
/// folder. Names are bytes and need not be valid UTF-8.
Result<std::vector<FolderEntry>> walk_folder(const std::string& folder);

/// Removes `.` and `..` from `path` if the result names the same file: after a link, `..` is the
/// parent of the folder that the link points to. Never resolves links.
std::string normalized_path(const std::string& path);

inline constexpr int kMaxPipeWaitMs = 10'000;
inline constexpr std::size_t kMaxFolderDepth = 64;
inline constexpr std::size_t kMaxFolderEntries = 10'000'000;
/// The largest number of paths by which a walk enters one folder: links can create many paths
/// without a loop.
inline constexpr int kMaxPathsToFolder = 1000;
/// Most bytes in one name of a path on the file systems of Linux.
inline constexpr std::size_t kMaxNameBytes = 255;

/// Checks that a file may be renamed to `path`: nothing, a regular file or a directory is there (a
/// rename over a directory fails by itself). Returns kFailedPrecondition for a device, pipe, socket
/// or symbolic link, which the rename would destroy, whatever the link points to.
Status check_replaceable(const std::string& path);

/// Writes a temporary file in the same folder, flushes it to disk and renames it to `path`: after a
/// crash the file holds either its old or its new content. Creates missing parent directories.
/// Fails before it writes where check_replaceable fails.
Status write_file_atomically(const std::string& path, std::string_view content);

/// Flushes the finished file `aside` to disk and renames it over `path`, which is in the same
/// folder: for files that a library writes itself. Fails where check_replaceable fails. Deletes
/// `aside` on every failure.
Status publish_file(const std::string& aside, const std::string& path);

/// $XDG_CACHE_HOME/coxswain, or coxswain below ~/.cache; ~ is $HOME, or else the home directory in
/// the system's user database. Variables that are empty or hold a relative path count as unset.
/// Returns "" when none of these exists: nothing is cached then, which is logged once. The folder
/// must not be writable for other users, who could otherwise change cached values.
std::string user_cache_directory();

/// Returns a name in `directory` that no other process uses, for a temporary file before its
/// rename.
std::string unique_sibling(const std::string& path);

/// Holds an exclusive lock on a file for as long as it lives; the kernel frees it when the process
/// dies. Movable; owned by one thread.
class FileLock {
 public:
  /// kUnavailable when another process holds it; the message names `path` and the holder's pid.
  static Result<FileLock> acquire(const std::string& path);

  /// Locks the file itself without changing its content: all names of a file (links) share one
  /// lock. Creates an empty file if it is missing. kUnavailable when the file is locked; the
  /// message names only `path`.
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
