#include "cli/progress/watch_loop.h"

#include <fmt/format.h>
#include <poll.h>

#include <algorithm>

#include "proto/channel.h"

namespace cox::cli {

ExitCode exit_code_of(const v1::ProgressReply& reply) {
  if (reply.failed() > 0) return kExitFailed;
  return reply.cancelled() + reply.paused() + reply.stopped() > 0 ? kExitPartial : kExitOk;
}

namespace {

ExitCode exit_code_of_signal(int signal) {
  return signal == SIGTERM ? kExitTerminated : kExitInterrupted;
}

/// Retries while a coordinator that has answered before is away. A first call is not retried.
class RetryingCalls {
 public:
  RetryingCalls(SweepCalls& calls, ProgressReporter& reporter, const StopSignals& signals,
                std::optional<TimeUs> end)
      : calls_(calls), reporter_(reporter), signals_(signals), end_(end) {}

  Result<v1::ProgressReply> progress(const v1::ProgressRequest& request) {
    std::optional<TimeUs> give_up_at;
    while (true) {
      Result<v1::ProgressReply> reply = calls_.progress(request);
      if (reply.is_ok() || !answered_ || !is_unreachable(reply.status())) {
        answered_ |= reply.is_ok();
        return reply;
      }
      const TimeUs now = clock_.now_us();
      if (!give_up_at) {
        give_up_at = std::min(now + kAwayPatience, end_.value_or(now + kAwayPatience));
        reporter_.note(fmt::format("the coordinator does not answer; retrying for {} s",
                                   (*give_up_at - now) / kSecondUs));
      }
      if (now >= *give_up_at || signals_.count() > 0) return reply;
      poll(nullptr, 0, kAwayPauseMs);
    }
  }

 private:
  static constexpr int kAwayPauseMs = 500;

  SweepCalls& calls_;
  ProgressReporter& reporter_;
  const StopSignals& signals_;
  const std::optional<TimeUs> end_;
  const SystemClock clock_;
  bool answered_ = false;
};

}  // namespace

Result<ExitCode> watch(SweepCalls& calls, ProgressReporter& reporter, const StopSignals& signals,
                       const WatchOptions& options) {
  const SystemClock clock;
  const TimeUs begin = clock.now_us();
  std::optional<TimeUs> end;
  if (options.timeout) end = begin + *options.timeout;
  RetryingCalls retrying(calls, reporter, signals, end);
  v1::ProgressRequest request;
  request.set_series(options.series);
  bool past = true;  // skips events from before this call
  while (true) {
    request.set_wait_ms(past ? 0 : kProgressWaitMs);
    Result<v1::ProgressReply> answer = retrying.progress(request);
    if (!answer.is_ok()) {
      if (signals.count() > 0) return exit_code_of_signal(signals.last());
      return end && clock.now_us() >= *end ? Result<ExitCode>(kExitTimedOut) : answer.status();
    }
    v1::ProgressReply reply = std::move(answer).value();
    const bool older = past && reply.sequence() > request.after_sequence();
    request.set_after_sequence(reply.sequence());
    if (older) continue;
    if (past) reply.clear_events();
    past = false;
    reporter.update(reply, clock.now_us());
    if (is_complete(reply)) return exit_code_of(reply);
    if (signals.count() > 0) return exit_code_of_signal(signals.last());
    if (end && clock.now_us() > *end) return kExitTimedOut;
    poll(nullptr, 0, kLeastPauseMs);
  }
}

}  // namespace cox::cli
