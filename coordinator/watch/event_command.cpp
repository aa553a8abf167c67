#include "coordinator/watch/event_command.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <poll.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstring>
#include <utility>

#include "base/process.h"
#include "base/text.h"

namespace cox::watch {

namespace {

constexpr int kLookMs = 20;  ///< how soon an exit, or the wish to give up, is noticed

/// Our ends do not block, and the command inherits only what it is given.
Result<Pipe> make_pipe(bool we_read) {
  int ends[2];
  if (::pipe2(ends, O_CLOEXEC) != 0) {
    return unavailable(fmt::format("cannot make a pipe: {}", std::strerror(errno)));
  }
  Pipe pipe{Descriptor(ends[0]), Descriptor(ends[1])};
  ::fcntl(we_read ? ends[0] : ends[1], F_SETFL, O_NONBLOCK);
  return pipe;
}

Result<pid_t> spawn(const std::string& command, const Pipe& in, const Pipe& out) {
  posix_spawn_file_actions_t actions;
  posix_spawnattr_t attributes;
  posix_spawn_file_actions_init(&actions);
  posix_spawnattr_init(&attributes);
  posix_spawn_file_actions_adddup2(&actions, in.reader.get(), STDIN_FILENO);
  posix_spawn_file_actions_adddup2(&actions, out.writer.get(), STDOUT_FILENO);
  posix_spawn_file_actions_adddup2(&actions, out.writer.get(), STDERR_FILENO);
  sigset_t defaults;
  sigset_t none;
  sigfillset(&defaults);
  sigemptyset(&none);
  posix_spawnattr_setsigdefault(&attributes, &defaults);
  posix_spawnattr_setsigmask(&attributes, &none);
  posix_spawnattr_setpgroup(&attributes, 0);
  posix_spawnattr_setflags(&attributes,
                           POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETSIGMASK);
  std::string shell = "/bin/sh";
  std::string option = "-c";
  std::string text = command;
  char* const arguments[] = {shell.data(), option.data(), text.data(), nullptr};
  pid_t process = 0;
  const int error =
      ::posix_spawn(&process, shell.c_str(), &actions, &attributes, arguments, environ);
  posix_spawn_file_actions_destroy(&actions);
  posix_spawnattr_destroy(&attributes);
  if (error == 0) return process;
  return unavailable(fmt::format("cannot start '{}': {}", shell, std::strerror(error)));
}

/// Writes what fits into the pipe; closes it when all is written.
void feed(Descriptor& to, const std::string& input, std::size_t& written) {
  if (!to.is_open()) return;
  const ssize_t count = ::write(to.get(), input.data() + written, input.size() - written);
  if (count > 0) written += static_cast<std::size_t>(count);
  if (written == input.size()) to.close();
}

/// Reads all that is there, and keeps the first kMostOutputBytes.
void drain(const Descriptor& from, std::string& output) {
  char buffer[4096];
  while (true) {
    const ssize_t count = ::read(from.get(), buffer, sizeof buffer);
    if (count <= 0) return;
    const std::size_t room = kMostOutputBytes - output.size();
    output.append(buffer, std::min(room, static_cast<std::size_t>(count)));
  }
}

std::string said(const std::string& output) {
  const std::string text = trim(output);
  return text.empty() ? "" : fmt::format(": {}", escaped(text));
}

Status ending(int state, const std::string& output) {
  if (WIFEXITED(state) && WEXITSTATUS(state) == 0) return Status::ok();
  if (WIFEXITED(state)) {
    return internal_error(fmt::format("exit code {}{}", WEXITSTATUS(state), said(output)));
  }
  return internal_error(fmt::format("signal {}{}", WTERMSIG(state), said(output)));
}

}  // namespace

Status run_command(const std::string& command, const std::string& input,
                   const std::function<bool()>& give_up, DurationUs limit) {
  COX_ASSIGN_OR_RETURN(Pipe in, make_pipe(false));
  COX_ASSIGN_OR_RETURN(Pipe out, make_pipe(true));
  COX_ASSIGN_OR_RETURN(const pid_t process, spawn(command, in, out));
  out.writer.close();
  // in.reader stays open: without a reader, a write would end this process by SIGPIPE.
  const SystemClock clock;
  const TimeUs begin = clock.now_us();
  std::string output;
  std::size_t written = 0;
  while (true) {
    feed(in.writer, input, written);
    drain(out.reader, output);
    int state = 0;
    if (::waitpid(process, &state, WNOHANG) == process) {
      drain(out.reader, output);
      ::kill(-process, SIGKILL);  // what it left behind
      return ending(state, output);
    }
    const bool too_long = clock.now_us() - begin > limit;
    if (too_long || give_up()) {
      ::kill(-process, SIGKILL);
      ::waitpid(process, &state, 0);
      if (!too_long) return {StatusCode::kCancelled, "stopped with the program"};
      return {StatusCode::kDeadlineExceeded,
              fmt::format("stopped after {} s{}", limit / kSecondUs, said(output))};
    }
    pollfd wait{out.reader.get(), POLLIN, 0};
    ::poll(&wait, 1, kLookMs);
    if ((wait.revents & (POLLIN | POLLHUP)) == POLLHUP) ::poll(nullptr, 0, kLookMs);
  }
}

}  // namespace cox::watch
