#include "cli/local/worker_crew.h"

#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <utility>

#include "base/text.h"

namespace cox::cli {

namespace fs = std::filesystem;

namespace {

std::string name_of(size_t index) { return concat("local-", index); }

}  // namespace

Result<std::string> find_worker_program() {
  std::error_code error;
  const fs::path self = fs::read_symlink("/proc/self/exe", error);
  if (error) return internal_error(concat("cannot read /proc/self/exe: ", error.message()));
  const fs::path worker = self.parent_path() / "cox-worker";
  if (access(worker.c_str(), X_OK) != 0) {
    return failed_precondition(concat("cox-worker is not beside cox: expected the program '",
                                      worker.string(), "'; build the target cox-worker"));
  }
  return worker.string();
}

Result<WorkerCrew> WorkerCrew::start(const CrewOptions& options) {
  WorkerCrew crew(options);
  for (size_t i = 0; i < static_cast<size_t>(options.workers); ++i) {
    COX_ASSIGN_OR_RETURN(ChildProcess process, crew.spawn(i));
    crew.members_.push_back({.name = name_of(i), .process = std::move(process)});
  }
  return crew;
}

std::string WorkerCrew::log_of(const std::string& name) const {
  return (fs::path(options_.log_directory) / (name + ".log")).string();
}

Result<ChildProcess> WorkerCrew::spawn(size_t index) const {
  const std::string& device = options_.devices[index % options_.devices.size()];
  std::vector<std::string> words = {options_.program,
                                    "--coordinator",
                                    options_.coordinator,
                                    "--name",
                                    name_of(index),
                                    "--device",
                                    device,
                                    "--device-slot",
                                    std::to_string(index),
                                    "--out",
                                    options_.output_directory,
                                    "--die-with-parent"};
  if (!options_.sharing) words.push_back("--no-sharing");
  return ChildProcess::start(words, log_of(name_of(index)));
}

std::vector<std::string> WorkerCrew::tend(TimeUs now, std::uint64_t finished_jobs) {
  std::vector<std::string> happened;
  for (size_t i = 0; i < members_.size(); ++i) {
    Member& member = members_[i];
    if (member.gone || !member.process.poll()) continue;
    if (!member.reported) {
      std::string text = bury(member, now, finished_jobs);
      if (!text.empty()) happened.push_back(std::move(text));
    } else if (now >= member.restart_at) {
      happened.push_back(revive(i));
    }
  }
  return happened;
}

/// Deals with a death; returns "" for one that was meant.
std::string WorkerCrew::bury(Member& member, TimeUs now, std::uint64_t finished_jobs) const {
  const Ending ending = *member.process.poll();
  member.reported = true;
  if (dismissed_ || ending.is_success()) {
    member.gone = true;
    return "";
  }
  if (ending.signal == 0 && ending.exit_code == kMissingInputExitCode) {
    member.gone = true;
    return concat("worker ", member.name,
                  " cannot open a file that a job needs: not started again; see ",
                  log_of(member.name));
  }
  if (ending.signal == 0 && ending.exit_code == kRefusedExitCode) {
    member.gone = true;
    return concat("worker ", member.name, " cannot work here: not started again; see ",
                  log_of(member.name));
  }
  if (finished_jobs > member.finished_at_death) member.deaths_in_a_row = 0;
  member.finished_at_death = finished_jobs;
  ++member.deaths_in_a_row;
  const std::string what = concat("worker ", member.name, " ended with ", ending.text());
  if (member.deaths_in_a_row >= kMaxDeathsInARow) {
    member.gone = true;
    return concat(what, ", ", kMaxDeathsInARow,
                  " times in a row without a job finished: not started again; see ",
                  log_of(member.name));
  }
  const DurationUs pause = kFirstPause << (member.deaths_in_a_row - 1);
  member.restart_at = now + pause;
  return concat(what, "; starting it again in ", pause / kSecondUs,
                " s; its log: ", log_of(member.name));
}

std::string WorkerCrew::revive(size_t index) {
  Member& member = members_[index];
  Result<ChildProcess> process = spawn(index);
  if (!process.is_ok()) {
    member.gone = true;
    return concat("worker ", member.name, " cannot be started again: ", process.status().message());
  }
  member.process = std::move(process).value();
  member.reported = false;
  return concat("worker ", member.name, " started again");
}

int WorkerCrew::active() const {
  return static_cast<int>(
      std::count_if(members_.begin(), members_.end(), [](const Member& m) { return !m.gone; }));
}

bool WorkerCrew::any_running() {
  return std::any_of(members_.begin(), members_.end(), [](Member& m) { return !m.process.poll(); });
}

void WorkerCrew::dismiss(int signal) {
  dismissed_ = true;
  for (Member& member : members_) {
    if (member.process.poll()) {
      member.gone = true;
    } else {
      member.process.send(signal);
    }
  }
}

}  // namespace cox::cli
