#include "worker/output_folder.h"

#include <fmt/format.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include <cstdint>
#include <filesystem>

#include "base/file.h"

namespace cox::worker {

namespace {

constexpr size_t kTriedBytes = 4'096;  // a full disk still takes empty files

/// A video that does not fit is removed: a full disk has up to a video's size free.
constexpr std::uint64_t kLeastFreeBytes = 64 << 20;  // about 93 lossless frames of 480 x 832

/// Accepts a file system that does not report its size.
Status check_room(const std::string& folder) {
  struct statvfs disk {};
  if (::statvfs(folder.c_str(), &disk) != 0 || disk.f_blocks == 0) return Status::ok();
  const std::uint64_t free_bytes = std::uint64_t{disk.f_bavail} * disk.f_frsize;
  if (free_bytes >= kLeastFreeBytes) return Status::ok();
  return unavailable(fmt::format("the disk has {} MiB left, less than the {} that a video may take",
                                 free_bytes >> 20, kLeastFreeBytes >> 20));
}

}  // namespace

Status check_writable(const std::string& folder) {
  const std::string path = fmt::format("{}/.write_check.{}", folder, ::getpid());
  Status written = write_file_atomically(path, std::string(kTriedBytes, '\n'));
  if (written.is_ok()) written = check_room(folder);
  std::error_code error;
  std::filesystem::remove(path, error);
  if (!written.is_ok()) {
    return unavailable(
        fmt::format("the output folder '{}' cannot be written: {}; free space or allow access, or "
                    "use another --out",
                    folder, written.message()));
  }
  if (!error) return Status::ok();
  return unavailable(fmt::format("cannot remove '{}': {}", path, error.message()));
}

}  // namespace cox::worker
