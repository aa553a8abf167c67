#include "coordinator/cluster/slurm.h"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <map>
#include <set>

#include "base/clock.h"
#include "base/text.h"
#include "coordinator/cluster/site.h"

namespace cox::cluster {

namespace {

constexpr std::size_t kMostIdsInACall = 200;

/// squeue lists an ended task for a while; the note or sacct then has the reason.
void take_queue(const std::vector<Task>& queue, std::map<std::string, KnownTask>& known) {
  for (const Task& task : queue) {
    KnownTask& entry = known[task.id];
    entry.task = task;
    entry.story = task.state.meaning;
    if (task.state.kind == TaskKind::kWaiting && !task.reason.empty()) {
      entry.story = fmt::format("{} ({})", task.state.meaning, task.reason);
    }
  }
}

void take_account(const std::vector<Task>& account, std::map<std::string, KnownTask>& known) {
  for (const Task& task : account) {
    const auto entry = known.find(task.id);
    if (entry == known.end()) continue;  // of another folder under the same name
    if (entry->second.task.state.is_live()) continue;
    entry->second.task.state = task.state;
    entry->second.story = task.state.meaning;
    if (entry->second.task.node.empty()) entry->second.task.node = task.node;
  }
}

/// A note names tasks that Slurm has forgotten. What it says of the end is better than Slurm's
/// word.
void take_note(const TaskNote& note, std::map<std::string, KnownTask>& known) {
  KnownTask& entry = known[note.id];
  if (entry.task.id.empty()) {
    entry.task.id = note.id;
    entry.task.state = {"UNKNOWN", TaskKind::kUnknown, "ended without a recorded reason"};
    entry.story = entry.task.state.meaning;
  }
  if (entry.began && *entry.began > note.began) return;  // a later start is known
  entry.began = note.began;
  entry.ended = note.ended;
  if (entry.task.node.empty()) entry.task.node = note.node;
  if (!note.exit_code || entry.task.state.is_live()) return;
  entry.story = exit_code_meaning(*note.exit_code);
  if (entry.task.state.kind != TaskKind::kUnknown) return;
  entry.task.state.text = *note.exit_code == 0 ? "COMPLETED" : "FAILED";
  entry.task.state.kind = *note.exit_code == 0 ? TaskKind::kEnded : TaskKind::kFailed;
}

/// The array and the index of "1234_5" as numbers, so that 2_10 comes after 2_9.
std::pair<std::int64_t, std::int64_t> order_of(const std::string& id) {
  const std::size_t bar = id.find('_');
  const auto number = [](const std::string& text) {
    return std::strtoll(text.c_str(), nullptr, 10);
  };
  return {number(id.substr(0, bar)), bar == std::string::npos ? 0 : number(id.substr(bar + 1))};
}

std::string iso_time(std::int64_t seconds) {
  std::string text = format_time_utc(seconds * kSecondUs);
  return text.substr(0, text.find('.'));
}

}  // namespace

Supply TaskList::supply() const {
  Supply supply;
  for (const KnownTask& known : tasks) {
    const TaskKind kind = known.task.state.kind;
    if (kind == TaskKind::kWaiting || kind == TaskKind::kHeld) ++supply.waiting;
    if (kind == TaskKind::kRunning || kind == TaskKind::kSuspended) ++supply.running;
  }
  return supply;
}

Status Slurm::check() const {
  COX_ASSIGN_OR_RETURN(
      const std::string site,
      output_of(run_, {.words = {"sinfo", "--noheader", std::string("--format=") + kSiteFormat}}));
  COX_ASSIGN_OR_RETURN(const std::vector<Partition> partitions, read_site(site));
  COX_RETURN_IF_ERROR(check_site(settings_, partitions));
  // The rest is the site's to judge: accounts, limits, reservations, features.
  const Result<std::string> judged =
      output_of(run_, {.words = {"sbatch", "--test-only"}, .input = batch_script(settings_, {})});
  return judged.is_ok() ? Status::ok() : judged.status().with_context("Slurm rejects these tasks");
}

/// The site's bound; the default where the site reports none.
int Slurm::largest_array() const {
  const auto config = output_of(run_, {.words = {"scontrol", "show", "config"}});
  if (!config.is_ok()) return kMaxTasks;
  for (const std::string& line : split(*config, '\n')) {
    const std::size_t equals = line.find('=');
    if (equals == std::string::npos || trim(line.substr(0, equals)) != "MaxArraySize") continue;
    const long most = std::strtol(line.c_str() + equals + 1, nullptr, 10);
    return static_cast<int>(std::clamp(most, 1L, static_cast<long>(kMaxTasks)));
  }
  return kMaxTasks;
}

namespace {

/// Slurm may refuse because no node is left.
Status refusal_of(const Status& status, const ArrayRequest& array) {
  if (array.excluded_nodes.empty()) return status;
  return {status.code(),
          fmt::format("{}; nodes where tasks failed are left out for a while: {} ('cox slurm "
                      "status' says how long)",
                      status.message(), join(array.excluded_nodes, ", "))};
}

}  // namespace

Result<Slurm::Submitted> Slurm::submit(ArrayRequest array) const {
  array.tasks = std::min(array.tasks, largest_array());
  std::error_code error;
  for (const char* part : {"tasks", "logs"}) {
    std::filesystem::create_directories(std::filesystem::path(settings_.folder()) / part, error);
    if (error) {
      return failed_precondition(
          fmt::format("cannot create '{}/{}': {}", settings_.folder(), part, error.message()));
    }
  }
  const Result<std::string> answer = output_of(run_, {.words = {"sbatch", "--parsable"},
                                                      .input = batch_script(settings_, array),
                                                      .at_most = std::chrono::seconds(60)});
  if (!answer.is_ok()) return refusal_of(answer.status(), array);
  const std::string& printed = *answer;
  const std::string id = trim(split(printed, ';').front());  // "1234" or "1234;cluster"
  if (!id.empty() && id.find_first_not_of("0123456789") == std::string::npos) {
    return Submitted{id, array.tasks};
  }
  return internal_error(
      fmt::format("sbatch: expected a job id, got '{}'", abbreviated(escaped(printed), 200)));
}

Result<std::vector<Task>> Slurm::queue() const {
  COX_ASSIGN_OR_RETURN(const std::string text,
                       output_of(run_, {.words = {"squeue", "--noheader", "--array", "--states=all",
                                                  fmt::format("--user={}", ::getuid()),
                                                  "--name=" + settings_.job_name(),
                                                  std::string("--format=") + kQueueFormat},
                                        .at_most = std::chrono::seconds(30)}));
  COX_ASSIGN_OR_RETURN(std::vector<Task> tasks, read_queue(text));
  std::erase_if(tasks, [&](const Task& task) { return task.folder != settings_.folder(); });
  return tasks;
}

Result<std::vector<Task>> Slurm::account(std::int64_t since) const {
  // Without a start, sacct begins at midnight.
  COX_ASSIGN_OR_RETURN(
      const std::string text,
      output_of(run_, {.words = {"env", "TZ=UTC", "sacct", "--noheader", "--parsable2",
                                 "--allocations", "--array", "--name=" + settings_.job_name(),
                                 "--starttime=" + iso_time(since),
                                 std::string("--format=") + kAccountFormat}}));
  return read_account(text);
}

Result<TaskList> Slurm::tasks(std::int64_t since) const {
  TaskList list;
  COX_ASSIGN_OR_RETURN(const std::vector<Task> held, queue());
  std::map<std::string, KnownTask> known;
  take_queue(held, known);
  COX_ASSIGN_OR_RETURN(const std::vector<TaskNote> notes,
                       read_task_notes(settings_.folder(), since));
  std::vector<TaskNote> recent;
  std::copy_if(notes.begin(), notes.end(), std::back_inserter(recent), [&](const TaskNote& note) {
    return note.began >= since || known.contains(note.id);
  });
  const bool any_without_end = std::any_of(recent.begin(), recent.end(), [&](const TaskNote& note) {
    return !note.ended && !known.contains(note.id);
  });
  for (const TaskNote& note : recent) take_note(note, known);
  if (any_without_end) {  // only sacct knows how these ended
    const Result<std::vector<Task>> accounted = account(since);
    if (accounted.is_ok()) take_account(*accounted, known);
    if (!accounted.is_ok()) {
      list.notes.push_back(fmt::format("no record of tasks that Slurm has forgotten: {}",
                                       accounted.status().message()));
    }
  }
  list.events = node_events(recent);
  for (auto& [id, entry] : known) {
    if (entry.task.state.kind == TaskKind::kNodeFailed && entry.began) {
      list.events.push_back({entry.task.node, entry.ended.value_or(*entry.began), false});
    }
    list.tasks.push_back(std::move(entry));
  }
  std::sort(list.tasks.begin(), list.tasks.end(), [](const KnownTask& a, const KnownTask& b) {
    return order_of(a.task.id) < order_of(b.task.id);
  });
  return list;
}

Status Slurm::cancel(const std::vector<Task>& tasks) const {
  for (std::size_t begin = 0; begin < tasks.size(); begin += kMostIdsInACall) {
    Command command{.words = {"scancel"}, .at_most = std::chrono::seconds(60)};
    const std::size_t end = std::min(begin + kMostIdsInACall, tasks.size());
    for (std::size_t i = begin; i < end; ++i) command.words.push_back(tasks[i].id);
    COX_RETURN_IF_ERROR(output_of(run_, command).status());
  }
  return Status::ok();
}

Status Slurm::drain(const std::vector<Task>& tasks) const {
  std::vector<Task> waiting, running;
  for (const Task& task : tasks) {
    const TaskKind kind = task.state.kind;
    if (kind == TaskKind::kWaiting || kind == TaskKind::kHeld) waiting.push_back(task);
    if (kind == TaskKind::kRunning || kind == TaskKind::kSuspended) running.push_back(task);
  }
  // First those that wait: they would take the places of those that leave.
  COX_RETURN_IF_ERROR(cancel(waiting));
  for (std::size_t begin = 0; begin < running.size(); begin += kMostIdsInACall) {
    Command command{.words = {"scancel", "--batch", "--signal=TERM"},
                    .at_most = std::chrono::seconds(60)};
    const std::size_t end = std::min(begin + kMostIdsInACall, running.size());
    for (std::size_t i = begin; i < end; ++i) command.words.push_back(running[i].id);
    COX_RETURN_IF_ERROR(output_of(run_, command).status());
  }
  return Status::ok();
}

std::vector<Task> newest_waiting(const std::vector<Task>& tasks, int count) {
  std::vector<Task> waiting;
  for (const Task& task : tasks) {
    if (task.state.kind == TaskKind::kWaiting || task.state.kind == TaskKind::kHeld) {
      waiting.push_back(task);
    }
  }
  std::sort(waiting.begin(), waiting.end(),
            [](const Task& a, const Task& b) { return order_of(a.id) > order_of(b.id); });
  if (waiting.size() > static_cast<std::size_t>(count)) {
    waiting.resize(static_cast<std::size_t>(count));
  }
  return waiting;
}

}  // namespace cox::cluster
