#include "tests/support/command.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <stdexcept>
#include <thread>

namespace cox::test {

namespace fs = std::filesystem;

namespace {

constexpr auto kLook = std::chrono::milliseconds(10);

double now_s() {
  using namespace std::chrono;
  return duration<double>(steady_clock::now().time_since_epoch()).count();
}

std::string content_of(const fs::path& path) {
  std::ifstream in(path, std::ios::binary);
  std::ostringstream text;
  text << in.rdbuf();
  return text.str();
}

/// In the child, between fork and exec: system calls alone.
[[noreturn]] void become(const std::vector<std::string>& arguments, const Surroundings& around,
                         const std::string& out, const std::string& err) {
  setpgid(0, 0);
  if (!around.directory.empty() && chdir(around.directory.c_str()) != 0) _exit(126);
  for (const auto& [name, value] : around.environment) {
    if (value.empty()) {
      unsetenv(name.c_str());
    } else {
      setenv(name.c_str(), value.c_str(), 1);
    }
  }
  dup2(open("/dev/null", O_RDONLY), STDIN_FILENO);
  dup2(open(out.c_str(), O_WRONLY | O_CREAT | O_TRUNC, 0600), STDOUT_FILENO);
  dup2(open(err.c_str(), O_WRONLY | O_CREAT | O_TRUNC, 0600), STDERR_FILENO);
  std::vector<char*> argv;
  for (const std::string& argument : arguments) argv.push_back(const_cast<char*>(argument.c_str()));
  argv.push_back(nullptr);
  execvp(argv.front(), argv.data());
  _exit(127);
}

}  // namespace

std::string Ended::all() const {
  std::ostringstream text;
  text << "exit code " << exit_code << (timed_out ? " (timed out)" : "") << " after " << seconds
       << " s\n--- stdout\n"
       << out << "--- stderr\n"
       << err << "---";
  return text.str();
}

Running::Running(const std::vector<std::string>& arguments, const Surroundings& surroundings)
    : timeout_s_(surroundings.timeout_s), begin_s_(now_s()) {
  pid_ = fork();
  if (pid_ < 0) throw std::runtime_error("fork failed");
  if (pid_ == 0) become(arguments, surroundings, files_ / "out", files_ / "err");
  setpgid(pid_, pid_);
}

Running::~Running() {
  if (!is_over()) {
    kill(-pid_, SIGKILL);
    waitpid(pid_, nullptr, 0);
  }
}

bool Running::is_over() {
  if (!over_ && waitpid(pid_, &status_, WNOHANG) == pid_) over_ = true;
  return over_;
}

void Running::send(int signal) const { kill(pid_, signal); }

std::string Running::err() const { return content_of(files_ / "err"); }

bool Running::wait_for_err(const std::string& text) {
  while (err().find(text) == std::string::npos) {
    if (is_over() || now_s() - begin_s_ > timeout_s_) return false;
    std::this_thread::sleep_for(kLook);
  }
  return true;
}

Ended Running::wait() {
  bool timed_out = false;
  while (!is_over()) {
    if (!timed_out && now_s() - begin_s_ > timeout_s_) {
      timed_out = true;
      kill(-pid_, SIGKILL);
    }
    std::this_thread::sleep_for(kLook);
  }
  return collect(status_, timed_out);
}

Ended Running::collect(int status, bool timed_out) {
  return {.exit_code = WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status),
          .timed_out = timed_out,
          .seconds = now_s() - begin_s_,
          .out = content_of(files_ / "out"),
          .err = err()};
}

Ended run(const std::vector<std::string>& arguments, const Surroundings& surroundings) {
  return Running(arguments, surroundings).wait();
}

std::vector<pid_t> processes_with(const std::string& text) {
  std::vector<pid_t> found;
  for (const fs::directory_entry& entry : fs::directory_iterator("/proc")) {
    const std::string name = entry.path().filename().string();
    if (name.find_first_not_of("0123456789") != std::string::npos) continue;
    if (content_of(entry.path() / "cmdline").find(text) == std::string::npos) continue;
    const pid_t pid = static_cast<pid_t>(std::stol(name));
    if (pid != getpid()) found.push_back(pid);
  }
  return found;
}

bool wait_until_gone(const std::string& text, double timeout_s) {
  const double begin = now_s();
  while (!processes_with(text).empty()) {
    if (now_s() - begin > timeout_s) return false;
    std::this_thread::sleep_for(kLook);
  }
  return true;
}

}  // namespace cox::test
