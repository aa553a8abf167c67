#include "coordinator/watch/event_watch.h"

#include <thread>
#include <utility>

#include "base/log.h"
#include "base/mutex.h"
#include "coordinator/watch/event_command.h"
#include "coordinator/watch/event_rules.h"

namespace cox::watch {

struct EventWatch::State {
  State(EventWatchOptions the_options, Look the_look)
      : options(std::move(the_options)), look(std::move(the_look)), rules(options.stall_after) {
    observe(std::stop_token());  // before anything else happens: what is there now is not news
    thread = std::jthread([this](const std::stop_token& stopping) { run(stopping); });
  }

  void run(const std::stop_token& stopping) {
    while (!stopping.stop_requested() && !sleep_until_asked()) observe(stopping);
    if (!stopping.stop_requested()) observe(stopping);
  }

  /// Returns whether the watch shall end.
  bool sleep_until_asked() {
    MutexLock lock(mutex);
    if (!ending) asked.wait_for(mutex, std::chrono::microseconds(options.look_interval));
    return ending;
  }

  void observe(const std::stop_token& stopping) {
    const Result<service::Standing> standing = look(sequence);
    if (!standing.is_ok()) return;  // the coordinator has stopped, and has said why
    sequence = standing->sequence;
    for (const WatchEvent& event : rules.observe(*standing, clock.now_us())) {
      const Status status = run_command(options.command, event_json(event),
                                        [&] { return stopping.stop_requested(); });
      const bool good = status.is_ok();
      log(good ? LogLevel::kInfo : LogLevel::kWarning, "events",
          good ? "ran the event command" : "the event command failed",
          {{"event", event.kind}, {"series", event.series}, {"result", status.message()}});
      if (stopping.stop_requested()) return;
    }
  }

  void end() {
    MutexLock lock(mutex);
    ending = true;
    asked.notify_all();
  }

  const EventWatchOptions options;
  const Look look;
  const SystemClock clock;
  EventRules rules;
  std::uint64_t sequence = 0;
  Mutex mutex;
  CondVar asked;
  bool ending COX_GUARDED_BY(mutex) = false;
  std::jthread thread;  // last: it uses all of the above
};

EventWatch::EventWatch(EventWatchOptions options, Look look) {
  if (options.command.empty()) return;
  state_ = std::make_unique<State>(std::move(options), std::move(look));
}

EventWatch::EventWatch(EventWatch&&) noexcept = default;

EventWatch::~EventWatch() {
  if (state_ == nullptr) return;
  state_->thread.request_stop();
  state_->end();
}

void EventWatch::finish() {
  if (state_ == nullptr) return;
  state_->end();
  if (state_->thread.joinable()) state_->thread.join();
  state_.reset();
}

}  // namespace cox::watch
