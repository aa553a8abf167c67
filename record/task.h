#pragma once

#include <array>
#include <string>
#include <string_view>

#include "record/value.h"

namespace cox {

/// What a run makes of an item: the values of the parameter `task`.
enum class Task {
  kContinue,     ///< the frames after known frames of a video
  kTextToVideo,  ///< a video from a prompt alone
  kImageToVideo  ///< the frames after the first frame of a video
};

struct TaskName {
  Task task;
  std::string_view name;
};

inline constexpr std::array<TaskName, 3> kTasks = {{{Task::kContinue, "continue"},
                                                    {Task::kTextToVideo, "text_to_video"},
                                                    {Task::kImageToVideo, "image_to_video"}}};

constexpr std::string_view task_name(Task task) {
  return kTasks[static_cast<std::size_t>(task)].name;
}

/// Whether a run of the task decodes its item's file. A prompt has none.
constexpr bool reads_video(Task task) { return task != Task::kTextToVideo; }

/// Whether there are true frames that the generated ones are compared with.
constexpr bool has_reference(Task task) { return task == Task::kContinue; }

/// Returns the task of a run with these parameters. Runs from before the parameter continue videos.
inline Task task_of(const Parameters& parameters) {
  const auto found = parameters.find("task");
  const auto* name = found == parameters.end() ? nullptr : found->second.get_if<std::string>();
  for (const TaskName& known : kTasks) {
    if (name != nullptr && known.name == *name) return known.task;
  }
  return Task::kContinue;
}

}  // namespace cox
