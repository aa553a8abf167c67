#include "cli/progress/signals.h"

#include <atomic>

#include "base/status.h"

namespace cox::cli {

namespace {

// A signal handler can only reach global variables.
std::atomic<int> caught_count{0};
std::atomic<int> caught_last{0};
std::atomic<bool> in_use{false};
static_assert(std::atomic<int>::is_always_lock_free);

void remember(int signal) {
  caught_last = signal;
  ++caught_count;
}

}  // namespace

StopSignals::StopSignals() {
  COX_CHECK(!in_use.exchange(true), "two StopSignals at once");
  caught_count = 0;
  caught_last = 0;
  struct sigaction action {};
  action.sa_handler = remember;
  sigaction(SIGINT, &action, &old_interrupt_);
  sigaction(SIGTERM, &action, &old_terminate_);
  action.sa_handler = SIG_IGN;
  sigaction(SIGPIPE, &action, &old_pipe_);
}

StopSignals::~StopSignals() {
  sigaction(SIGINT, &old_interrupt_, nullptr);
  sigaction(SIGTERM, &old_terminate_, nullptr);
  sigaction(SIGPIPE, &old_pipe_, nullptr);
  in_use = false;
}

int StopSignals::count() const { return caught_count; }

int StopSignals::last() const { return caught_last; }

}  // namespace cox::cli
