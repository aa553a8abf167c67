#include "worker/output_folder.h"

#include <sys/statvfs.h>
#include <unistd.h>

#include <cstdint>
#include <filesystem>

#include "base/file.h"
#include "base/text.h"

namespace cox::worker {

namespace {

constexpr size_t kTriedBytes = 4'096;  // a full disk still takes empty files

/// A video that found no room is removed again: a full disk has up to a video's size free.
constexpr std::uint64_t kLeastFreeBytes = 64 << 20;  // about 93 lossless frames of 480 x 832

/// A file system that does not tell its size tells no room either.
Status check_room(const std::string& folder) {
  struct statvfs disk {};
  if (::statvfs(folder.c_str(), &disk) != 0 || disk.f_blocks == 0) return Status::ok();
  const std::uint64_t free_bytes = std::uint64_t{disk.f_bavail} * disk.f_frsize;
  if (free_bytes >= kLeastFreeBytes) return Status::ok();
  return unavailable(concat("the disk has ", free_bytes >> 20, " MiB left, less than the ",
                            kLeastFreeBytes >> 20, " that a video may take"));
}

}  // namespace

Status check_writable(const std::string& folder) {
  const std::string path = concat(folder, "/.write_check.", ::getpid());
  Status written = write_file_atomically(path, std::string(kTriedBytes, '\n'));
  if (written.is_ok()) written = check_room(folder);
  std::error_code error;
  std::filesystem::remove(path, error);
  if (!written.is_ok()) {
    return unavailable(concat("the output folder '", folder, "' cannot be written: ",
                              written.message(), "; make room or access, or give another --out"));
  }
  if (!error) return Status::ok();
  return unavailable(concat("cannot remove '", path, "': ", error.message()));
}

}  // namespace cox::worker
