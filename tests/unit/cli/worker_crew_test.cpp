#include "cli/local/worker_crew.h"
#include "base/text.h"

#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <catch2/catch.hpp>
#include <chrono>
#include <csignal>
#include <filesystem>
#include <fstream>
#include <thread>

#include "worker/worker.h"

using namespace cox;
using namespace cox::cli;
namespace fs = std::filesystem;

namespace {

/// A folder with a shell script in place of cox-worker: the crew looks after processes and does not
/// care what they do.
struct ScriptedWorker {
  explicit ScriptedWorker(const std::string& script) {
    folder = fs::temp_directory_path() / ("cox-crew-" + std::to_string(getpid()));
    fs::create_directories(folder);
    std::ofstream(folder / "worker") << "#!/bin/sh\n" << script << '\n';
    chmod((folder / "worker").c_str(), 0755);
  }
  ~ScriptedWorker() { fs::remove_all(folder); }

  CrewOptions options(int workers) const {
    return {.program = (folder / "worker").string(),
            .coordinator = "127.0.0.1:1",
            .devices = {"cpu"},
            .output_directory = folder.string(),
            .log_directory = folder.string(),
            .workers = workers};
  }

  fs::path folder;
};

/// Supervises until `done`, for at most ten seconds of real time; the crew's own clock jumps ahead
/// so that pauses cost nothing.
template <typename Done>
std::vector<std::string> supervise_until(WorkerCrew& crew, std::uint64_t finished_jobs, Done done) {
  std::vector<std::string> all;
  TimeUs now = 0;
  for (int i = 0; i < 1000 && !done(); ++i, now += 60 * kSecondUs) {
    for (std::string& text : crew.supervise(now, finished_jobs)) all.push_back(std::move(text));
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
  }
  REQUIRE(done());
  return all;
}

}  // namespace

TEST_CASE("a worker that keeps dying is given up after a bounded number of starts") {
  const ScriptedWorker worker("echo started >> \"$0.starts\"; exit 7");
  auto crew = WorkerCrew::start(worker.options(1));
  REQUIRE(crew.is_ok());
  const auto happened = supervise_until(*crew, 0, [&] { return crew->active() == 0; });
  std::ifstream starts(worker.folder / "worker.starts");
  int count = 0;
  for (std::string line; std::getline(starts, line);) ++count;
  CHECK(count == WorkerCrew::kMaxDeathsInARow);
  CHECK(happened.front().find("ended with exit code 7") != std::string::npos);
  CHECK(happened.front().find("local-0.log") != std::string::npos);
  CHECK(happened.back().find("not started again") != std::string::npos);
}

TEST_CASE(
    "a worker that is missing a file or cannot start is not started again, and its reason is "
    "said") {
  static_assert(WorkerCrew::kMissingInputExitCode == worker::kMissingInputExitStatus);
  for (const auto& [exit_code, reason] :
       {std::pair("78", "cannot open a file that a job needs"), {"2", "cannot run here"}}) {
    const ScriptedWorker worker(concat(
        "echo started >> \"$0.starts\"; echo 'cox-worker: no such device' >&2; exit ", exit_code));
    std::ofstream(worker.folder / "local-0.log") << "cox-worker: a reason of yesterday\n";
    auto crew = WorkerCrew::start(worker.options(1));
    REQUIRE(crew.is_ok());
    const auto happened = supervise_until(*crew, 0, [&] { return crew->active() == 0; });
    REQUIRE(happened.size() == 1);
    CHECK(happened[0].find(concat(reason, ": not started again")) != std::string::npos);
    CHECK(happened[0].find("no such device") != std::string::npos);
    std::ifstream starts(worker.folder / "worker.starts");
    std::string all;
    std::getline(starts, all, '\0');
    CHECK(all == "started\n");
  }
}

TEST_CASE("a reason that an earlier process gave is not said of a later one") {
  const ScriptedWorker worker("exit 2");
  std::ofstream(worker.folder / "local-0.log") << "cox-worker: a reason of yesterday\n";
  auto crew = WorkerCrew::start(worker.options(1));
  REQUIRE(crew.is_ok());
  const auto happened = supervise_until(*crew, 0, [&] { return crew->active() == 0; });
  REQUIRE(happened.size() == 1);
  CHECK(happened[0].find("yesterday") == std::string::npos);
}

TEST_CASE("workers do not inherit which coordinator the user's shell names") {
  setenv("COX_CA_FILE", "/nowhere/ca.pem", 1);
  const ScriptedWorker worker("env > \"$0.env\"; exit 2");
  auto crew = WorkerCrew::start(worker.options(1));
  unsetenv("COX_CA_FILE");
  REQUIRE(crew.is_ok());
  supervise_until(*crew, 0, [&] { return crew->active() == 0; });
  std::ifstream variables(worker.folder / "worker.env");
  const std::string all{std::istreambuf_iterator<char>(variables), {}};
  CHECK(all.find("PATH=") != std::string::npos);
  CHECK(all.find("COX_CA_FILE") == std::string::npos);
}

TEST_CASE("a worker that was asked to leave is not restarted") {
  const ScriptedWorker worker("exit 0");
  auto crew = WorkerCrew::start(worker.options(3));
  REQUIRE(crew.is_ok());
  const auto happened = supervise_until(*crew, 0, [&] { return crew->active() == 0; });
  CHECK(happened.empty());
}

TEST_CASE("a stopped worker gets the signal and is not started again") {
  const ScriptedWorker worker("exec sleep 60");
  auto crew = WorkerCrew::start(worker.options(2));
  REQUIRE(crew.is_ok());
  CHECK(crew->any_running());
  crew->stop(SIGTERM);
  const auto happened =
      supervise_until(*crew, 0, [&] { return !crew->any_running() && crew->active() == 0; });
  CHECK(happened.empty());
}

TEST_CASE("a program that cannot be started is an error that names it") {
  CrewOptions options = ScriptedWorker("exit 0").options(1);  // its folder is gone again
  const auto crew = WorkerCrew::start(options);
  REQUIRE_FALSE(crew.is_ok());
  CHECK(crew.status().message().find(options.program) != std::string::npos);
}

TEST_CASE("a child goes when we are killed, even when it has only just been started") {
  int pipe_ends[2];
  REQUIRE(pipe(pipe_ends) == 0);
  const pid_t parent = fork();
  if (parent == 0) {
    auto child = ChildProcess::start({"/bin/sleep", "60"}, "/dev/null");
    const pid_t pid = child.is_ok() ? child->pid() : 0;
    [[maybe_unused]] const ssize_t written = write(pipe_ends[1], &pid, sizeof pid);
    kill(getpid(), SIGKILL);
  }
  pid_t child = 0;
  REQUIRE(read(pipe_ends[0], &child, sizeof child) == sizeof child);
  REQUIRE(child > 0);
  REQUIRE(waitpid(parent, nullptr, 0) == parent);
  bool gone = false;
  for (int i = 0; i < 500 && !gone; ++i) {
    std::ifstream status("/proc/" + std::to_string(child) + "/stat");
    std::string pid;
    std::string name;
    std::string state = "gone";
    status >> pid >> name >> state;
    gone = state == "gone" || state == "Z";
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
  }
  CHECK(gone);
}
