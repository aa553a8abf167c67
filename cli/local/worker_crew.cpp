#include "cli/local/worker_crew.h"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <utility>

#include "base/text.h"
#include "cli/output/terminal.h"

namespace cox::cli {

namespace fs = std::filesystem;

namespace {

constexpr std::streamoff kReadLogBytes = 64 << 10;
constexpr std::string_view kMessagePrefix = "cox-worker: ";

std::string name_of(size_t index) { return fmt::format("local-{}", index); }

std::uintmax_t size_of(const std::string& path) {
  std::error_code error;
  const std::uintmax_t size = fs::file_size(path, error);
  return error ? 0 : size;
}

/// Returns the last message to a person that a worker wrote to its log after `start`; "" when it
/// wrote none.
std::string last_message(const std::string& log, std::uintmax_t start) {
  std::ifstream in(log, std::ios::binary | std::ios::ate);
  const std::streamoff end = in.tellg();
  const std::streamoff begin = std::max(static_cast<std::streamoff>(start), end - kReadLogBytes);
  if (!in || begin >= end) return "";
  in.seekg(begin);
  const std::string text{std::istreambuf_iterator<char>(in), {}};
  std::string message;
  for (const std::string& line : split(text, '\n')) {
    const std::size_t at = line.find(kMessagePrefix);
    // A program that cannot be loaded is named with its path by the loader.
    const bool is_message = at == 0 || (at != std::string::npos && line[at - 1] == '/');
    if (is_message) message = line.substr(at + kMessagePrefix.size());
  }
  return printable(message);
}

/// Workers of `cox run` talk to its own coordinator, whatever the user's variables name, and log
/// what they do.
EnvironmentChanges environment_of_workers() {
  EnvironmentChanges changes = {{"COX_COORDINATOR", ""}, {"COX_CA_FILE", ""}, {"COX_TOKEN", ""}};
  if (std::getenv("COX_LOG") == nullptr) changes["COX_LOG"] = "info";
  return changes;
}

}  // namespace

Result<std::string> find_worker_program() {
  std::error_code error;
  const fs::path self = fs::read_symlink("/proc/self/exe", error);
  if (error) return internal_error(fmt::format("cannot read /proc/self/exe: {}", error.message()));
  const fs::path worker = self.parent_path() / "cox-worker";
  if (access(worker.c_str(), X_OK) != 0) {
    return failed_precondition(fmt::format(
        "cannot find cox-worker: expected the program '{}'; build the target cox-worker",
        worker.string()));
  }
  return worker.string();
}

Result<WorkerCrew> WorkerCrew::start(const CrewOptions& options) {
  WorkerCrew crew(options);
  for (size_t i = 0; i < static_cast<size_t>(options.workers); ++i) {
    crew.members_.push_back({.name = name_of(i), .process = std::nullopt});
    COX_RETURN_IF_ERROR(crew.spawn(i));
  }
  return crew;
}

std::string WorkerCrew::log_of(const std::string& name) const {
  return (fs::path(options_.log_directory) / (name + ".log")).string();
}

Status WorkerCrew::spawn(size_t index) {
  Member& member = members_[index];
  const std::string& device = options_.devices[index % options_.devices.size()];
  std::vector<std::string> words = {options_.program,
                                    "--coordinator",
                                    options_.coordinator,
                                    "--name",
                                    member.name,
                                    "--device",
                                    device,
                                    "--gpus-per-job",
                                    std::to_string(options_.gpus_per_job),
                                    "--device-slot",
                                    std::to_string(index),
                                    "--out",
                                    options_.output_directory,
                                    "--die-with-parent"};
  if (!options_.sharing) words.push_back("--no-sharing");
  member.log_start = size_of(log_of(member.name));
  COX_ASSIGN_OR_RETURN(member.process,
                       ChildProcess::start(words, log_of(member.name), environment_of_workers()));
  member.exit_handled = false;
  return Status::ok();
}

std::vector<std::string> WorkerCrew::supervise(TimeUs now, std::uint64_t finished_jobs) {
  std::vector<std::string> happened;
  for (size_t i = 0; i < members_.size(); ++i) {
    Member& member = members_[i];
    if (member.retired || !member.process->poll()) continue;
    if (!member.exit_handled) {
      std::string text = handle_exit(member, now, finished_jobs);
      if (!text.empty()) happened.push_back(std::move(text));
    } else if (now >= member.restart_at) {
      happened.push_back(restart(i));
    }
  }
  return happened;
}

/// Decides what follows a worker's exit; returns "" for an exit that was expected.
std::string WorkerCrew::handle_exit(Member& member, TimeUs now, std::uint64_t finished_jobs) const {
  const Ending ending = *member.process->poll();
  member.exit_handled = true;
  if (stopped_ || ending.is_success()) {
    member.retired = true;
    return "";
  }
  if (ending.signal == 0 && ending.exit_code == kMissingInputExitCode) {
    return retire(member, "cannot open a file that a job needs");
  }
  if (ending.signal == 0 && ending.exit_code == kRefusedExitCode) {
    return retire(member, "cannot run here");
  }
  if (finished_jobs > member.finished_at_death) member.deaths_in_a_row = 0;
  member.finished_at_death = finished_jobs;
  ++member.deaths_in_a_row;
  const std::string what = fmt::format("ended with {}", ending.text());
  if (member.deaths_in_a_row >= kMaxDeathsInARow) {
    return retire(member, fmt::format("{}, {} times in a row without finishing a job", what,
                                      kMaxDeathsInARow));
  }
  const DurationUs pause = kFirstPause << (member.deaths_in_a_row - 1);
  member.restart_at = now + pause;
  const std::string said = last_message(log_of(member.name), member.log_start);
  return fmt::format("worker {} {}{}; restarting it in {} s; its log: {}", member.name, what,
                     said.empty() ? "" : fmt::format(" ({})", said), pause / kSecondUs,
                     log_of(member.name));
}

std::string WorkerCrew::retire(Member& member, const std::string& what) const {
  member.retired = true;
  const std::string said = last_message(log_of(member.name), member.log_start);
  return fmt::format("worker {} {}: not started again{}; its log: {}", member.name, what,
                     said.empty() ? "" : fmt::format(" ({})", said), log_of(member.name));
}

std::string WorkerCrew::restart(size_t index) {
  const Status status = spawn(index);
  Member& member = members_[index];
  if (status.is_ok()) return fmt::format("worker {} restarted", member.name);
  member.retired = true;
  return fmt::format("worker {} cannot be restarted: {}", member.name, status.message());
}

int WorkerCrew::active() const {
  return static_cast<int>(
      std::count_if(members_.begin(), members_.end(), [](const Member& m) { return !m.retired; }));
}

bool WorkerCrew::any_running() {
  return std::any_of(members_.begin(), members_.end(),
                     [](Member& m) { return !m.process->poll(); });
}

void WorkerCrew::stop(int signal) {
  stopped_ = true;
  for (Member& member : members_) {
    if (member.process->poll()) {
      member.retired = true;
    } else {
      member.process->send(signal);
    }
  }
}

}  // namespace cox::cli
