#pragma once

#include <signal.h>

#include <thread>

#include "worker/stop_switch.h"

namespace cox::worker {

/// Handles SIGTERM, SIGINT and SIGUSR1: the first drains, the next cancels. Create it before any
/// other thread, which then inherits the blocked signals. Owned by one thread.
class SignalWatcher {
 public:
  explicit SignalWatcher(StopSwitch& stop);
  ~SignalWatcher() = default;
  SignalWatcher(const SignalWatcher&) = delete;
  SignalWatcher& operator=(const SignalWatcher&) = delete;

  /// The last signal seen, 0 for none.
  int last_signal() const { return last_signal_; }

 private:
  void watch(std::stop_token stopping, StopSwitch& stop);

  sigset_t signals_;
  std::atomic<int> last_signal_{0};
  std::jthread thread_;
};

}  // namespace cox::worker
