#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/status.h"
#include "coordinator/cluster/batch_script.h"
#include "coordinator/cluster/node_health.h"
#include "coordinator/cluster/run_command.h"
#include "coordinator/cluster/scale.h"
#include "coordinator/cluster/settings.h"
#include "coordinator/cluster/task.h"
#include "coordinator/cluster/task_notes.h"

namespace cox::cluster {

/// A task as all sources together have it.
struct KnownTask {
  Task task;
  std::string story;  ///< for people: why it waits, or how it ended
  std::optional<std::int64_t> began;
  std::optional<std::int64_t> ended;
};

/// All tasks of a folder, and what is wrong with the sources.
struct TaskList {
  std::vector<KnownTask> tasks;    ///< the newest last
  std::vector<std::string> notes;  ///< for people: "sacct does not answer: ..."
  std::vector<NodeEvent> events;   ///< ends, for judge_nodes

  Supply supply() const;
};

/// The tasks of one settings' name, through Slurm's own programs. Holds no state: whatever is in
/// the queue under our name and folder is ours, also when another process submitted it.
class Slurm {
 public:
  Slurm(SlurmSettings settings, Run run) : settings_(std::move(settings)), run_(std::move(run)) {}

  /// Asks the site whether it could ever run such tasks.
  Status check() const;

  struct Submitted {
    std::string id;  ///< of the array
    int tasks = 0;   ///< fewer than requested where the site's arrays are smaller
  };
  Result<Submitted> submit(ArrayRequest array) const;

  /// Returns the tasks that Slurm holds. An error does not mean that there are none.
  Result<std::vector<Task>> queue() const;

  /// Everything that is known of tasks that began after `since`, and of all that are still there.
  /// Fails only when squeue does; without sacct, squeue and the notes are used.
  Result<TaskList> tasks(std::int64_t since) const;

  /// Tells running tasks to finish the jobs in flight and leave, and takes waiting ones out.
  Status drain(const std::vector<Task>& tasks) const;
  /// Ends tasks now.
  Status cancel(const std::vector<Task>& tasks) const;

  const SlurmSettings& settings() const { return settings_; }

 private:
  Result<std::vector<Task>> account(std::int64_t since) const;
  int largest_array() const;

  SlurmSettings settings_;
  Run run_;
};

/// The newest `count` of the tasks that wait.
std::vector<Task> newest_waiting(const std::vector<Task>& tasks, int count);

}  // namespace cox::cluster
