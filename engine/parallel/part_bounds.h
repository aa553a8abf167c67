#pragma once

#include <chrono>
#include <functional>

namespace cox::engine {

/// How long parts wait for each other.
struct PartBounds {
  /// One set of devices finds each other, before a job and again after a failed one.
  std::chrono::milliseconds to_connect = std::chrono::minutes(2);
  /// A call, on the host or on the device, that takes longer ends the job.
  std::chrono::milliseconds to_arrive = std::chrono::minutes(10);
  /// A part that has not left the job so long after that cannot be helped: its thread is lost.
  std::chrono::milliseconds to_leave = std::chrono::minutes(15);
  /// Then called. By default the process ends at once, with status 1, and is started again by
  /// whoever watches it.
  std::function<void()> give_up = {};
};

}  // namespace cox::engine
