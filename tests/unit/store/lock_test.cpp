// Locks that other programs hold on the database.

#include <fcntl.h>
#include <sqlite3.h>
#include <sys/wait.h>
#include <unistd.h>

#include <catch2/catch.hpp>
#include <fstream>

#include "base/clock.h"
#include "base/file.h"
#include "base/log.h"
#include "coordinator/store/lock_wait.h"
#include "coordinator/store/store.h"
#include "tests/support/queue_fixture.h"
#include "tests/unit/store/scratch.h"

namespace cox::store {
namespace {

/// A process that locks byte `first` of a file until it is destroyed.
class LockingProcess {
 public:
  LockingProcess(const std::string& path, off_t first) {
    int ready[2];
    REQUIRE(::pipe(ready) == 0);
    child_ = ::fork();
    if (child_ == 0) {
      const int file = ::open(path.c_str(), O_RDWR);
      struct flock lock {};
      lock.l_type = F_WRLCK;
      lock.l_whence = SEEK_SET;
      lock.l_start = first;
      lock.l_len = 1;
      const char result = ::fcntl(file, F_SETLK, &lock) == 0 ? 'y' : 'n';
      [[maybe_unused]] const ssize_t told = ::write(ready[1], &result, 1);
      ::pause();
      ::_exit(0);
    }
    char result = 'n';
    REQUIRE(::read(ready[0], &result, 1) == 1);
    REQUIRE(result == 'y');
    ::close(ready[0]);
    ::close(ready[1]);
  }
  ~LockingProcess() {
    ::kill(child_, SIGKILL);
    ::waitpid(child_, nullptr, 0);
  }
  LockingProcess(const LockingProcess&) = delete;
  LockingProcess& operator=(const LockingProcess&) = delete;
  pid_t id() const { return child_; }

 private:
  pid_t child_ = -1;
};

constexpr off_t kWriterByte = 120;  // SQLite's WAL_WRITE_LOCK in the -shm file

TEST_CASE(
    "a commit waits for another program's lock, for as long as it may, and names the program") {
  const test::Scratch scratch;
  const std::string path = scratch.file("a.db");
  CHECK(StoreOptions{}.lock_patience >= 120 * kSecondUs);
  constexpr DurationUs kPatience = 3 * kSecondUs;
  Store store = Store::open(path, {.lock_patience = kPatience}).value();
  core::Core core;
  REQUIRE(store.commit(core.apply(test::submission("s", {"a"}, {"v"}), 1)).is_ok());
  set_log_file(scratch.file("log"));
  const LockingProcess other(path + "-shm", kWriterByte);
  const double begin = monotonic_seconds();
  const Status status = store.commit(core.apply(test::submission("t", {"b"}, {"v"}), 2));
  set_log_file("/dev/stderr");
  set_log_level(LogLevel::kWarning);
  CHECK(monotonic_seconds() - begin > 2.5);
  CHECK(status.code() == StatusCode::kUnavailable);
  const std::string name = concat("process ", other.id());
  CHECK(status.message().find(name) != std::string::npos);
  const std::string notes = read_file(scratch.file("log")).value();
  CHECK(notes.find(name) != std::string::npos);
  CHECK(notes.find("limit_s=3") != std::string::npos);
}

}  // namespace
}  // namespace cox::store
