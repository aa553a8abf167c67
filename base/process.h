#pragma once

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <utility>

namespace cox {

/// Prepares a program's process; call it first in main. Opens the standard streams that the caller
/// closed, as cron and launchers do, before a file can take their numbers: messages would overwrite
/// that file. A stream that was closed accepts no output, so printing to it is an error. Ignores
/// SIGXFSZ, so that reaching the file size limit (`ulimit -f`) fails the write, as a full disk
/// does.
inline void prepare_process() {
  // open() takes the lowest free number, so each closed stream gets its own.
  for (int descriptor = STDIN_FILENO; descriptor <= STDERR_FILENO; ++descriptor) {
    if (::fcntl(descriptor, F_GETFD) != -1) continue;
    const int mode = descriptor == STDOUT_FILENO ? O_RDONLY : O_RDWR;
    if (::open("/dev/null", mode) != descriptor) ::_exit(1);  // no stream to report it
  }
  std::signal(SIGXFSZ, SIG_IGN);
}

/// Returns true if a write failed because no more bytes fit: the disk or the user's quota is full,
/// or the file has reached the size limit of the process (`ulimit -f`).
inline bool is_disk_full(int error) { return error == ENOSPC || error == EDQUOT || error == EFBIG; }

/// Owns a file descriptor and closes it. A negative number means no descriptor.
class Descriptor {
 public:
  explicit Descriptor(int number = -1) : number_(number) {}
  Descriptor(Descriptor&& other) noexcept : number_(std::exchange(other.number_, -1)) {}
  Descriptor& operator=(Descriptor&& other) noexcept {
    std::swap(number_, other.number_);
    return *this;
  }
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  ~Descriptor() { close(); }

  int get() const { return number_; }
  bool is_open() const { return number_ >= 0; }
  void close() {
    if (number_ >= 0) ::close(std::exchange(number_, -1));
  }

 private:
  int number_;
};

/// Both ends of a pipe.
struct Pipe {
  Descriptor reader;
  Descriptor writer;
};

}  // namespace cox
