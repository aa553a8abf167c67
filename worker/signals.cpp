#include "worker/signals.h"

#include <pthread.h>

#include <ctime>

#include "base/log.h"

namespace cox::worker {

namespace {
constexpr timespec kPollInterval = {
    0, 100'000'000};  // how long a finished worker waits for this thread
}  // namespace

SignalWatcher::SignalWatcher(StopSwitch& stop) {
  ::sigemptyset(&signals_);
  for (const int signal : {SIGTERM, SIGINT, SIGUSR1}) ::sigaddset(&signals_, signal);
  ::pthread_sigmask(SIG_BLOCK, &signals_, nullptr);
  thread_ = std::jthread([this, &stop](std::stop_token stopping) { watch(stopping, stop); });
}

void SignalWatcher::watch(std::stop_token stopping, StopSwitch& stop) {
  while (!stopping.stop_requested()) {
    const int signal = ::sigtimedwait(&signals_, nullptr, &kPollInterval);
    if (signal < 0) continue;
    last_signal_ = signal;
    log(LogLevel::kInfo, "worker", stop.draining() ? "stopping immediately" : "draining",
        {{"signal", signal}});
    stop.draining() ? stop.cancel() : stop.drain();
  }
}

}  // namespace cox::worker
