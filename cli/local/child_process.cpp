#include "cli/local/child_process.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstring>
#include <utility>

namespace cox::cli {

namespace {

/// Prepared for the child, which must not allocate between fork and exec.
struct Preparation {
  std::vector<char*> argv;
  std::vector<std::string> variables;  ///< NAME=VALUE, of all variables
  std::vector<char*> envp;             ///< into `variables`
  const char* log_file = nullptr;
  pid_t parent = 0;
  int error_pipe[2] = {-1, -1};  ///< closed by a successful exec, else carries errno
};

std::vector<std::string> changed_environment(const EnvironmentChanges& changes) {
  std::vector<std::string> variables;
  for (char** variable = environ; *variable != nullptr; ++variable) {
    const std::string text = *variable;
    if (!changes.contains(text.substr(0, text.find('=')))) variables.push_back(text);
  }
  for (const auto& [name, value] : changes) {
    if (!value.empty()) variables.push_back(fmt::format("{}={}", name, value));
  }
  return variables;
}

/// Runs in the child: only system calls.
[[noreturn]] void become(const Preparation& preparation) {
  const auto give_up = [&] {
    const int error = errno;
    [[maybe_unused]] const ssize_t written = write(preparation.error_pipe[1], &error, sizeof error);
    _exit(127);
  };
  setpgid(0, 0);
  // Already before exec: loading the program takes a second, in which we may be killed.
  prctl(PR_SET_PDEATHSIG, SIGTERM);
  if (getppid() != preparation.parent) _exit(0);
  std::signal(SIGPIPE, SIG_DFL);
  sigset_t none;
  sigemptyset(&none);
  sigprocmask(SIG_SETMASK, &none, nullptr);
  const int input = open("/dev/null", O_RDONLY);
  const int output = open(preparation.log_file, O_WRONLY | O_CREAT | O_APPEND, 0644);
  if (input < 0 || output < 0) give_up();
  dup2(input, STDIN_FILENO);
  dup2(output, STDOUT_FILENO);
  dup2(output, STDERR_FILENO);
  execve(preparation.argv.front(), preparation.argv.data(), preparation.envp.data());
  give_up();
  _exit(127);
}

}  // namespace

std::string Ending::text() const {
  if (signal != 0) return fmt::format("signal {} ({})", signal, strsignal(signal));
  return fmt::format("exit code {}", exit_code);
}

Result<ChildProcess> ChildProcess::start(const std::vector<std::string>& arguments,
                                         const std::string& log_file,
                                         const EnvironmentChanges& environment) {
  Preparation preparation;
  preparation.variables = changed_environment(environment);
  for (std::string& variable : preparation.variables) preparation.envp.push_back(variable.data());
  preparation.envp.push_back(nullptr);
  for (const std::string& argument : arguments) {
    preparation.argv.push_back(const_cast<char*>(argument.c_str()));
  }
  preparation.argv.push_back(nullptr);
  preparation.log_file = log_file.c_str();
  preparation.parent = getpid();
  int error = 0;
  if (pipe2(preparation.error_pipe, O_CLOEXEC) != 0) {
    return internal_error(fmt::format("cannot create a pipe: {}", std::strerror(errno)));
  }
  const pid_t pid = fork();
  if (pid == 0) become(preparation);
  if (pid < 0) error = errno;
  close(preparation.error_pipe[1]);
  const ssize_t got = read(preparation.error_pipe[0], &error, sizeof error);
  close(preparation.error_pipe[0]);
  if (pid > 0 && got <= 0) return ChildProcess(pid);
  if (pid > 0) waitpid(pid, nullptr, 0);
  return failed_precondition(fmt::format("cannot start '{}' with its log in '{}': {}",
                                         arguments.front(), log_file, std::strerror(error)));
}

ChildProcess::ChildProcess(ChildProcess&& other) noexcept
    : pid_(std::exchange(other.pid_, -1)), ending_(other.ending_) {}

ChildProcess& ChildProcess::operator=(ChildProcess&& other) noexcept {
  if (this != &other) {
    end();
    pid_ = std::exchange(other.pid_, -1);
    ending_ = other.ending_;
  }
  return *this;
}

ChildProcess::~ChildProcess() { end(); }

const std::optional<Ending>& ChildProcess::poll() {
  int status = 0;
  if (!ending_ && waitpid(pid_, &status, WNOHANG) == pid_) {
    ending_ = WIFSIGNALED(status) ? Ending{0, WTERMSIG(status)} : Ending{WEXITSTATUS(status), 0};
  }
  return ending_;
}

void ChildProcess::send(int signal) {
  if (!poll()) kill(pid_, signal);
}

void ChildProcess::end() {
  if (pid_ == -1 || ending_) return;
  kill(pid_, SIGKILL);
  while (waitpid(pid_, nullptr, 0) == -1 && errno == EINTR) {
  }
}

}  // namespace cox::cli
