#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/status.h"

namespace cox::cluster {

/// The state of a task, as far as scaling and people need it.
enum class TaskKind {
  kWaiting,  ///< will run without anybody's help
  kHeld,     ///< waits for somebody's help
  kRunning,
  kSuspended,  ///< holds its place, computes nothing
  kEnding,
  kEnded,    ///< by itself, well
  kStopped,  ///< by somebody or by a limit: nothing is wrong with it
  kFailed,
  kNodeFailed,  ///< its node is to blame
  kUnknown,     ///< not known: never counted as a failure
};

/// A state as Slurm writes it, and what it means.
struct TaskState {
  std::string text;  ///< "RUNNING"
  TaskKind kind = TaskKind::kUnknown;
  std::string meaning;  ///< for people

  /// Will compute, now or later.
  bool is_live() const;
};

/// Reads "RUNNING", "CANCELLED by 1000", "CANCELLED+" and unknown words.
TaskState task_state(const std::string& text);

/// One element of a job array.
struct Task {
  std::string id;  ///< "1234_5"
  TaskState state;
  std::string node;    ///< "" = none yet
  std::string reason;  ///< why it waits, in Slurm's words
  std::string left;    ///< of its time limit, in Slurm's form
  std::string folder;  ///< the working directory: identifies the owner
};

/// Reads what `squeue --format=kQueueFormat` prints. A line that cannot be read is an error: it is
/// not passed over.
inline constexpr const char* kQueueFormat = "%i|%T|%N|%r|%L|%Z";
Result<std::vector<Task>> read_queue(const std::string& text);

/// Reads what `sacct --parsable2 --format=kAccountFormat` prints.
inline constexpr const char* kAccountFormat = "JobID,State,NodeList";
Result<std::vector<Task>> read_account(const std::string& text);

}  // namespace cox::cluster
