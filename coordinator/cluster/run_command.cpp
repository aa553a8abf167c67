#include "coordinator/cluster/run_command.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <poll.h>
#include <signal.h>
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

/// The process with its three streams.
class Started {
 public:
  static Result<Started> start(const Command& command);

  /// Feeds and reads until both outputs are closed.
  Status talk(const Command& command, CommandEnd& end);
  Result<int> wait(Clock::time_point deadline);

 private:
  Started(ProcessGroup process, Descriptor input, Descriptor out, Descriptor err)
      : process_(std::move(process)),
        input_(std::move(input)),
        out_(std::move(out)),
        err_(std::move(err)) {}
  void feed(const std::string& input);
  static Status take(Descriptor& from, std::string& text);

  ProcessGroup process_;
  Descriptor input_, out_, err_;
  std::size_t fed_ = 0;
};

Result<Started> Started::start(const Command& command) {
  COX_ASSIGN_OR_RETURN(Pipe input, open_pipe());
  COX_ASSIGN_OR_RETURN(Pipe out, open_pipe());
  COX_ASSIGN_OR_RETURN(Pipe err, open_pipe());
  COX_ASSIGN_OR_RETURN(
      ProcessGroup process,
      ProcessGroup::start(command.words, {input.reader.get(), out.writer.get(), err.writer.get()}));
  ::fcntl(input.writer.get(), F_SETFL, O_NONBLOCK);
  return Started(std::move(process), std::move(input.writer), std::move(out.reader),
                 std::move(err.reader));
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
  // A command may leave input unread; its exit code shows whether that was a failure.
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
    COX_ASSIGN_OR_RETURN(const std::optional<int> status, process_.ending());
    if (status) {
      process_.release();
      return WIFSIGNALED(*status) ? 128 + WTERMSIG(*status) : WEXITSTATUS(*status);
    }
    if (Clock::now() >= deadline) {
      return Status(StatusCode::kDeadlineExceeded, "closed its outputs and did not end in time");
    }
    ::poll(nullptr, 0, kLookMs);
  }
}

}  // namespace

Result<CommandEnd> run_command(const Command& command) {
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
                  said.empty() ? "it printed nothing" : abbreviated(escaped(said), kShownBytes)));
}

}  // namespace cox::cluster
