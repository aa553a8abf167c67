#include "coordinator/store/lock_wait.h"

#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <fstream>
#include <set>
#include <sstream>
#include <utility>

#include "base/log.h"

namespace cox::store {

namespace {

constexpr DurationUs kPause = 50 * kMillisecondUs;
constexpr DurationUs kFirstNote = 2 * kSecondUs;
constexpr DurationUs kNoteInterval = 30 * kSecondUs;

/// SQLite's WAL_WRITE_LOCK: the byte of the -shm file that a writer locks.
constexpr long kWriterByte = 120;

/// One line of /proc/locks: "1: POSIX ADVISORY WRITE 812 fe:01:131 120 120".
struct HeldLock {
  std::string kind;
  std::string access;
  long process = 0;
  ino_t inode = 0;
  long first = 0;
};

bool read_lock(const std::string& line, HeldLock& lock) {
  std::istringstream words(line);
  std::string number, mode, file;
  words >> number >> lock.kind >> mode >> lock.access >> lock.process >> file >> lock.first;
  const std::size_t colon = file.rfind(':');
  if (!words || colon == std::string::npos) return false;
  std::istringstream(file.substr(colon + 1)) >> lock.inode;
  return true;
}

ino_t inode_of(const std::string& path) {
  struct stat info {};
  return ::stat(path.c_str(), &info) == 0 ? info.st_ino : 0;
}

}  // namespace

LockWait::LockWait(const Database& database, std::string path, DurationUs longest)
    : path_(std::move(path)), longest_(longest) {
  sqlite3_busy_handler(database.handle(), &LockWait::on_busy, this);
}

/// SQLite's busy handler: anything but 0 means to try again.
int LockWait::on_busy(void* self, int tries) {
  const auto& wait = *static_cast<const LockWait*>(self);
  const DurationUs waited = tries * kPause;
  if (waited == kFirstNote || (waited > 0 && waited % kNoteInterval == 0)) {
    log(LogLevel::kWarning, "store", "waiting for the database's write lock",
        {{"file", wait.path_},
         {"holder", lock_holders(wait.path_)},
         {"waited_s", waited / kSecondUs},
         {"limit_s", wait.longest_ / kSecondUs}});
  }
  if (waited >= wait.longest_) return 0;
  sqlite3_sleep(static_cast<int>(kPause / kMillisecondUs));
  return 1;
}

std::string lock_holders(const std::string& path) {
  const ino_t database = inode_of(path);
  const ino_t shared_memory = inode_of(path + "-shm");
  std::ifstream locks("/proc/locks");
  std::set<long> processes;
  HeldLock lock;
  for (std::string line; std::getline(locks, line);) {
    if (!read_lock(line, lock) || lock.kind != "POSIX" || lock.access != "WRITE") continue;
    const bool holds =
        (lock.inode == database && database != 0) ||
        (lock.inode == shared_memory && shared_memory != 0 && lock.first <= kWriterByte);
    if (holds && lock.process > 0 && lock.process != ::getpid()) processes.insert(lock.process);
  }
  if (processes.empty()) return "another program";
  return fmt::format("process{} {}", processes.size() > 1 ? "es" : "", fmt::join(processes, ", "));
}

}  // namespace cox::store
