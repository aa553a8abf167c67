#pragma once

#include <chrono>
#include <functional>

namespace cox::engine {

/// How long parts wait for each other.
struct PartBounds {
  /// For connecting one set of devices, before a job and again after a failed one.
  std::chrono::milliseconds to_connect = std::chrono::minutes(2);
  /// A call, on the host or on the device, that takes longer ends the job.
  std::chrono::milliseconds to_arrive = std::chrono::minutes(10);
  /// A part that has not left the job this long after the end of the calls is lost, and so is its
  /// thread.
  std::chrono::milliseconds to_leave = std::chrono::minutes(15);
  /// Called then. By default the process exits at once with status 1; its supervisor restarts it.
  std::function<void()> give_up = {};
};

}  // namespace cox::engine
