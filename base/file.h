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

/// The one reader of text that people and other programs write (sweep files, captions, CSV, lists,
/// manifests, prompts): UTF-8 without NUL, byte-order mark removed, at most `limit` bytes. An error
/// names the file, the byte offset and the line.
Result<std::string> read_text_file(const std::string& path, std::size_t limit);

/// One entry that a walk over a folder found.
struct FolderEntry {
  enum class Kind {
    kFile,        ///< a regular file, or a link to one
    kBrokenLink,  ///< a link that leads nowhere
    kLoop,        ///< a link to a folder that contains it; not entered
    kOther        ///< a device, pipe or socket, or a link to one
  };
  Kind kind = Kind::kFile;
  std::string path;  ///< below the folder, made of the names walked: links are never resolved

  bool operator==(const FolderEntry&) const = default;
};

/// The one walk over a folder: every entry below `folder` that is not a folder, links followed, in
/// byte order of `path`. Hidden names (with a leading '.') are left out, and so are folders of such
/// names. An error when a folder cannot be listed, and beyond kMaxFolderDepth levels,
/// kMaxFolderEntries entries or kMaxPathsToFolder paths to one folder. Names are bytes: they need
/// not be UTF-8.
Result<std::vector<FolderEntry>> walk_folder(const std::string& folder);

/// Removes `.` and `..` from `path` if the result names the same file: after a link, `..` is the
/// parent of the folder that the link points to. Never resolves links.
std::string normalized_path(const std::string& path);

inline constexpr int kMaxPipeWaitMs = 10'000;
inline constexpr std::size_t kMaxFolderDepth = 64;
inline constexpr std::size_t kMaxFolderEntries = 10'000'000;
/// Most paths by which a walk enters one folder: links that fan out make them without a loop.
inline constexpr int kMaxPathsToFolder = 1000;
/// Most bytes in one name of a path on the file systems of Linux.
inline constexpr std::size_t kMaxNameBytes = 255;

/// Whether a file may replace what is at `path`: nothing, a regular file or a directory
/// (over which no file can be renamed). A device, pipe, socket or symbolic link would be destroyed
/// and is kFailedPrecondition, whatever the link points to.
Status check_replaceable(const std::string& path);

/// Writes a temporary file in the same folder, flushes to disk and renames over it: after a crash
/// the file holds either its old or its new content. Makes missing parent directories. Refuses what
/// check_replaceable refuses, before it writes.
Status write_file_atomically(const std::string& path, std::string_view content);

/// Flushes the finished file `aside` to disk and renames it over `path`, which is in the same
/// folder: for files that a library writes itself. Removes `aside` when it fails, as it does for
/// what check_replaceable refuses.
Status publish_file(const std::string& aside, const std::string& path);

/// $XDG_CACHE_HOME/coxswain, or coxswain below ~/.cache; ~ is $HOME, or else the home directory in
/// the system's user database. Variables that are empty or hold a relative path count as unset. ""
/// without any of these: nothing is cached then, which is logged once. In a folder that other users
/// can write to, they could choose what is remembered.
std::string user_cache_directory();

/// A name in `directory` that no other process uses, for writing something aside before a rename.
std::string unique_sibling(const std::string& path);

/// Holds an exclusive lock on a file for as long as it lives; the kernel frees it when the process
/// dies. Movable; owned by one thread.
class FileLock {
 public:
  /// kUnavailable when another process holds it; the message names `path` and the holder's pid.
  static Result<FileLock> acquire(const std::string& path);

  /// Locks the file itself and leaves its content as it is: all names of a file (links) share one
  /// lock. Creates an empty file when there is none. kUnavailable when the file is locked; the
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
