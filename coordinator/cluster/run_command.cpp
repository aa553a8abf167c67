#include "coordinator/cluster/run_command.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <optional>
#include <utility>

#include "base/process.h"
#include "base/text.h"

namespace cox::cluster {

namespace {

using Clock = std::chrono::steady_clock;

Result<Pipe> open_pipe() {
  std::array<int, 2> ends{};
  if (::pipe2(ends.data(), O_CLOEXEC) != 0) {
    return internal_error(fmt::format("cannot create a pipe: {}", std::strerror(errno)));
  }
  return Pipe{Descriptor(ends[0]), Descriptor(ends[1])};
}

/// The process with its three streams; its whole process group dies with this object.
class Started {
 public:
  static Result<Started> start(const Command& command);
  Started(Started&&) = default;
  Started& operator=(Started&&) = delete;
  ~Started() {
    if (pid_.is_set()) end();
  }

  /// Feeds and reads until both outputs are closed.
  Status talk(const Command& command, CommandEnd& end);
  Result<int> wait(Clock::time_point deadline);

 private:
  /// Moves to 0 when moved from.
  class Pid {
   public:
    explicit Pid(pid_t pid = 0) : pid_(pid) {}
    Pid(Pid&& other) noexcept : pid_(std::exchange(other.pid_, 0)) {}
    bool is_set() const { return pid_ > 0; }
    pid_t get() const { return pid_; }
    void clear() { pid_ = 0; }

   private:
    pid_t pid_;
  };

  Started(pid_t pid, Descriptor input, Descriptor out, Descriptor err)
      : pid_(pid), input_(std::move(input)), out_(std::move(out)), err_(std::move(err)) {}
  void end() {
    ::kill(-pid_.get(), SIGKILL);
    while (::waitpid(pid_.get(), nullptr, 0) == -1 && errno == EINTR) {
    }
    pid_.clear();
  }
  void feed(const std::string& input);
  static Status take(Descriptor& from, std::string& text);

  Pid pid_;
  Descriptor input_, out_, err_;
  std::size_t fed_ = 0;
};

Result<Started> Started::start(const Command& command) {
  COX_ASSIGN_OR_RETURN(Pipe input, open_pipe());
  COX_ASSIGN_OR_RETURN(Pipe out, open_pipe());
  COX_ASSIGN_OR_RETURN(Pipe err, open_pipe());
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_adddup2(&actions, input.reader.get(), STDIN_FILENO);
  posix_spawn_file_actions_adddup2(&actions, out.writer.get(), STDOUT_FILENO);
  posix_spawn_file_actions_adddup2(&actions, err.writer.get(), STDERR_FILENO);
  posix_spawnattr_t attributes;
  posix_spawnattr_init(&attributes);
  sigset_t none, defaults;
  sigemptyset(&none);
  sigemptyset(&defaults);
  for (const int signal : {SIGPIPE, SIGINT, SIGTERM, SIGXFSZ}) sigaddset(&defaults, signal);
  posix_spawnattr_setsigmask(&attributes, &none);
  posix_spawnattr_setsigdefault(&attributes, &defaults);
  posix_spawnattr_setpgroup(&attributes, 0);
  posix_spawnattr_setflags(&attributes,
                           POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);
  std::vector<char*> argv;
  for (const std::string& word : command.words) argv.push_back(const_cast<char*>(word.c_str()));
  argv.push_back(nullptr);
  pid_t pid = 0;
  const int error = ::posix_spawnp(&pid, argv.front(), &actions, &attributes, argv.data(), environ);
  posix_spawn_file_actions_destroy(&actions);
  posix_spawnattr_destroy(&attributes);
  if (error == ENOENT) {
    return not_found(fmt::format("program '{}' is not in PATH", command.words.front()));
  }
  if (error != 0) {
    return failed_precondition(
        fmt::format("cannot start '{}': {}", command.words.front(), std::strerror(error)));
  }
  ::fcntl(input.writer.get(), F_SETFL, O_NONBLOCK);
  return Started(pid, std::move(input.writer), std::move(out.reader), std::move(err.reader));
}

/// While it lives, a write to a pipe that nobody reads is an error and does not end this process.
class NoPipeSignal {
 public:
  NoPipeSignal() {
    ::sigemptyset(&pipe_);
    ::sigaddset(&pipe_, SIGPIPE);
    ::pthread_sigmask(SIG_BLOCK, &pipe_, &before_);
  }
  ~NoPipeSignal() {
    const timespec at_once{};
    while (::sigtimedwait(&pipe_, nullptr, &at_once) == SIGPIPE) {
    }
    ::pthread_sigmask(SIG_SETMASK, &before_, nullptr);
  }
  NoPipeSignal(const NoPipeSignal&) = delete;
  NoPipeSignal& operator=(const NoPipeSignal&) = delete;

 private:
  sigset_t pipe_;
  sigset_t before_;
};

void Started::feed(const std::string& input) {
  const NoPipeSignal none;
  const ssize_t written = ::write(input_.get(), input.data() + fed_, input.size() - fed_);
  if (written > 0) fed_ += static_cast<std::size_t>(written);
  // A command that does not read its input to the end says by its exit code whether it minded.
  if (fed_ == input.size() || (written < 0 && errno != EAGAIN && errno != EINTR)) input_.close();
}

Status Started::take(Descriptor& from, std::string& text) {
  std::array<char, 65'536> buffer{};
  const ssize_t got = ::read(from.get(), buffer.data(), buffer.size());
  if (got < 0 && errno == EINTR) return Status::ok();
  if (got <= 0) {
    from.close();
    return Status::ok();
  }
  text.append(buffer.data(), static_cast<std::size_t>(got));
  if (text.size() <= kMaxOutputBytes) return Status::ok();
  return {StatusCode::kOutOfRange, fmt::format("printed more than {} bytes", kMaxOutputBytes)};
}

Status late(const Command& command) {
  return {StatusCode::kDeadlineExceeded,
          fmt::format("did not end within {} ms", command.at_most.count())};
}

Status Started::talk(const Command& command, CommandEnd& end) {
  const auto deadline = Clock::now() + command.at_most;
  if (command.input.empty()) input_.close();
  while (out_.is_open() || err_.is_open()) {
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(deadline - Clock::now()).count();
    if (left <= 0) return late(command);
    std::array<pollfd, 3> streams{
        {{out_.get(), POLLIN, 0}, {err_.get(), POLLIN, 0}, {input_.get(), POLLOUT, 0}}};
    if (::poll(streams.data(), streams.size(), static_cast<int>(left)) < 0 && errno != EINTR) {
      return internal_error(fmt::format("poll failed: {}", std::strerror(errno)));
    }
    if (streams[0].revents != 0) COX_RETURN_IF_ERROR(take(out_, end.out));
    if (streams[1].revents != 0) COX_RETURN_IF_ERROR(take(err_, end.err));
    if (streams[2].revents != 0) feed(command.input);
  }
  COX_ASSIGN_OR_RETURN(end.exit_code, wait(deadline));
  return Status::ok();
}

/// A process may close its outputs long before it ends.
Result<int> Started::wait(Clock::time_point deadline) {
  constexpr int kLookMs = 5;
  for (;;) {
    int status = 0;
    const pid_t ended = ::waitpid(pid_.get(), &status, WNOHANG);
    if (ended == pid_.get()) {
      pid_.clear();
      return WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
    }
    if (ended < 0 && errno != EINTR) {
      return internal_error(fmt::format("waitpid failed: {}", std::strerror(errno)));
    }
    if (Clock::now() >= deadline) {
      return Status(StatusCode::kDeadlineExceeded, "closed its outputs and did not end in time");
    }
    ::poll(nullptr, 0, kLookMs);
  }
}

}  // namespace

Result<CommandEnd> run_command(const Command& command) {
  COX_CHECK(!command.words.empty(), "a command has a program");
  COX_ASSIGN_OR_RETURN(Started started, Started::start(command));
  CommandEnd end;
  const Status talked = started.talk(command, end);
  if (!talked.is_ok()) return talked.with_context(fmt::format("'{}'", command.words.front()));
  return end;
}

Result<std::string> output_of(const Run& run, const Command& command) {
  COX_ASSIGN_OR_RETURN(CommandEnd end, run(command));
  if (end.exit_code == 0) return std::move(end.out);
  constexpr std::size_t kShownBytes = 500;
  const std::string said = trim(end.err.empty() ? end.out : end.err);
  return failed_precondition(
      fmt::format("'{}' ended with exit code {}: {}", command.words.front(), end.exit_code,
                  said.empty() ? "it said nothing" : abbreviated(escaped(said), kShownBytes)));
}

}  // namespace cox::cluster
