#pragma once

#include <array>
#include <string>
#include <string_view>

#include "record/value.h"

namespace cox {

/// What a run generates from an item: the values of the parameter `task`.
enum class Task {
  kContinue,     ///< the frames after known frames of a video
  kTextToVideo,  ///< a video from only a prompt
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

/// Returns true if a run of the task decodes its item's file. A prompt has no file.
constexpr bool reads_video(Task task) { return task != Task::kTextToVideo; }

/// Returns true if the generated frames can be compared with true frames.
constexpr bool has_reference(Task task) { return task == Task::kContinue; }

/// Returns the task of a run with these parameters. Runs without the parameter continue videos.
inline Task task_of(const Parameters& parameters) {
  const auto found = parameters.find("task");
  const auto* name = found == parameters.end() ? nullptr : found->second.get_if<std::string>();
  for (const TaskName& known : kTasks) {
    if (name != nullptr && known.name == *name) return known.task;
  }
  return Task::kContinue;
}

}  // namespace cox
