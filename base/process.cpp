#include "base/process.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <csignal>
#include <cstring>

namespace cox {

namespace {

/// The attributes of the new process: its own process group, no blocked signals, and
/// default actions for the signals that this process or its launcher may ignore.
class Attributes {
 public:
  Attributes() {
    sigset_t none;
    sigset_t defaults;
    sigemptyset(&none);
    sigemptyset(&defaults);
    for (const int signal : {SIGPIPE, SIGINT, SIGTERM, SIGXFSZ}) sigaddset(&defaults, signal);
    posix_spawnattr_init(&attributes_);
    posix_spawnattr_setsigmask(&attributes_, &none);
    posix_spawnattr_setsigdefault(&attributes_, &defaults);
    posix_spawnattr_setpgroup(&attributes_, 0);
    posix_spawnattr_setflags(
        &attributes_, POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);
  }
  ~Attributes() { posix_spawnattr_destroy(&attributes_); }
  Attributes(const Attributes&) = delete;
  Attributes& operator=(const Attributes&) = delete;
  const posix_spawnattr_t* get() const { return &attributes_; }

 private:
  posix_spawnattr_t attributes_;
};

}  // namespace

Result<Pipe> open_pipe() {
  std::array<int, 2> ends{};
  if (::pipe2(ends.data(), O_CLOEXEC) != 0) {
    return internal_error(fmt::format("cannot create a pipe: {}", std::strerror(errno)));
  }
  return Pipe{Descriptor(ends[0]), Descriptor(ends[1])};
}

Result<ProcessGroup> ProcessGroup::start(const std::vector<std::string>& words,
                                         const Streams& streams) {
  COX_CHECK(!words.empty(), "a command needs a program");
  const Attributes attributes;
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_adddup2(&actions, streams.input, STDIN_FILENO);
  posix_spawn_file_actions_adddup2(&actions, streams.output, STDOUT_FILENO);
  posix_spawn_file_actions_adddup2(&actions, streams.error, STDERR_FILENO);
  std::vector<char*> argv;
  for (const std::string& word : words) argv.push_back(const_cast<char*>(word.c_str()));
  argv.push_back(nullptr);
  pid_t pid = 0;
  const int error =
      ::posix_spawnp(&pid, argv.front(), &actions, attributes.get(), argv.data(), environ);
  posix_spawn_file_actions_destroy(&actions);
  if (error == ENOENT) {
    return not_found(fmt::format("program '{}' not found in PATH", words.front()));
  }
  if (error != 0) {
    return failed_precondition(
        fmt::format("cannot start '{}': {}", words.front(), std::strerror(error)));
  }
  return ProcessGroup(pid);
}

ProcessGroup::~ProcessGroup() {
  if (pid_ == 0) return;
  ::kill(-pid_, SIGKILL);
  if (has_ended_) return;
  while (::waitpid(pid_, nullptr, 0) == -1 && errno == EINTR) {
  }
}

Result<std::optional<int>> ProcessGroup::ending() {
  int status = 0;
  const pid_t ended = ::waitpid(pid_, &status, WNOHANG);
  if (ended == pid_) {
    has_ended_ = true;
    return std::optional(status);
  }
  if (ended < 0 && errno != EINTR) {
    return internal_error(fmt::format("waitpid failed: {}", std::strerror(errno)));
  }
  return std::optional<int>();
}

}  // namespace cox
