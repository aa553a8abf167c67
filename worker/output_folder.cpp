#include "worker/output_folder.h"

#include <unistd.h>

#include <filesystem>

#include "base/file.h"
#include "base/text.h"

namespace cox::worker {

namespace {
constexpr size_t kTriedBytes = 4'096;  // a full disk still takes empty files
}  // namespace

Status check_writable(const std::string& folder) {
  const std::string path = concat(folder, "/.write_check.", ::getpid());
  const Status written = write_file_atomically(path, std::string(kTriedBytes, '\n'));
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
