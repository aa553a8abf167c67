#include "cli/local/lock_note.h"

#include <fmt/format.h>
#include <unistd.h>

#include <fstream>

namespace cox::cli {

Status note_address(const std::string& database, const std::string& address) {
  const std::string path = database + ".lock";
  std::ofstream lock(path, std::ios::binary | std::ios::in | std::ios::out);
  lock << fmt::format("{}, which listens on {}\n", ::getpid(), address) << std::flush;
  if (lock) return Status::ok();
  return unavailable(fmt::format("cannot write lock file '{}'", path));
}

}  // namespace cox::cli
