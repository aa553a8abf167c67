#include "coordinator/watch/event_command.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <poll.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <optional>
#include <utility>

#include "base/process.h"
#include "base/text.h"

namespace cox::watch {

namespace {

constexpr int kLookMs = 20;  ///< how soon an exit, or the wish to give up, is noticed

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
  COX_ASSIGN_OR_RETURN(Pipe in, open_pipe());
  COX_ASSIGN_OR_RETURN(Pipe out, open_pipe());
  COX_ASSIGN_OR_RETURN(ProcessGroup process,
                       ProcessGroup::start({"/bin/sh", "-c", command},
                                           {in.reader.get(), out.writer.get(), out.writer.get()}));
  for (const int ours : {in.writer.get(), out.reader.get()}) ::fcntl(ours, F_SETFL, O_NONBLOCK);
  out.writer.close();
  // in.reader stays open: without a reader, a write would end this process by SIGPIPE.
  const SystemClock clock;
  const TimeUs begin = clock.now_us();
  std::string output;
  std::size_t written = 0;
  while (true) {
    feed(in.writer, input, written);
    drain(out.reader, output);
    COX_ASSIGN_OR_RETURN(const std::optional<int> state, process.ending());
    if (state) {
      drain(out.reader, output);
      return ending(*state, output);
    }
    if (clock.now_us() - begin > limit) {
      return {StatusCode::kDeadlineExceeded,
              fmt::format("stopped after {} s{}", limit / kSecondUs, said(output))};
    }
    if (give_up()) return {StatusCode::kCancelled, "stopped with the program"};
    pollfd wait{out.reader.get(), POLLIN, 0};
    ::poll(&wait, 1, kLookMs);
    if ((wait.revents & (POLLIN | POLLHUP)) == POLLHUP) ::poll(nullptr, 0, kLookMs);
  }
}

}  // namespace cox::watch
