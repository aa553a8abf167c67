#pragma once

#include <functional>
#include <memory>
#include <string>

#include "base/clock.h"
#include "base/status.h"
#include "coordinator/service/standing.h"

namespace cox::watch {

struct EventWatchOptions {
  std::string command = {};  ///< run by /bin/sh, with one `cox-event/1` document on standard input
  DurationUs stall_after = 30 * 60 * kSecondUs;
  DurationUs look_interval = kSecondUs;
};

/// Observes a coordinator from a separate thread and runs a command for each event, one after
/// another. A command that fails, or takes longer than kLongestCommand, is logged and changes
/// nothing else. Thread-safe.
class EventWatch {
 public:
  using Look = std::function<Result<service::Standing>(std::uint64_t after_sequence)>;

  /// Looks for the first time before it returns. `look` must be callable until the watch is
  /// destroyed. An empty command watches nothing.
  EventWatch(EventWatchOptions options, Look look);
  EventWatch(EventWatch&&) noexcept;
  /// Stops a command that is running.
  ~EventWatch();

  /// Looks a last time, runs the commands of what is found, and ends the watch: for a program that
  /// ends with its work. Bounded by kLongestCommand for each event.
  void finish();

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace cox::watch
