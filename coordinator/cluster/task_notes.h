#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/status.h"

namespace cox::cluster {

/// What a task wrote about itself: one file for each start, named TASK.RESTART. Seconds since 1970
/// on the node's clock.
struct TaskNote {
  std::string id;  ///< "1234_5"
  int restart = 0;
  std::string node;
  std::int64_t began = 0;
  std::optional<std::int64_t> ended;  ///< unset while it runs, and when it was killed
  std::optional<int> exit_code;
};

/// Reads the notes in FOLDER/tasks that were written after `since`, a day of grace for clocks that
/// differ included; none when there is no such folder. Files that are not such notes are errors.
Result<std::vector<TaskNote>> read_task_notes(const std::string& folder, std::int64_t since);

/// What an exit code of a task means: "ended", "a file that a job needs is missing there".
std::string exit_code_meaning(int exit_code);

inline constexpr std::size_t kMaxTaskNotes = 100'000;

}  // namespace cox::cluster
