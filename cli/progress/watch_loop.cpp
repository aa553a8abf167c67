#include "cli/progress/watch_loop.h"

#include <poll.h>

#include "base/text.h"

namespace cox::cli {

ExitCode exit_code_of(const v1::ProgressReply& reply) {
  if (reply.failed() > 0) return kExitFailed;
  return reply.cancelled() + reply.paused() > 0 ? kExitPartial : kExitOk;
}

namespace {

ExitCode exit_code_of_signal(int signal) {
  return signal == SIGTERM ? kExitTerminated : kExitInterrupted;
}

}  // namespace

Result<ExitCode> watch(SweepCalls& calls, ProgressReporter& reporter, const StopSignals& signals,
                       const WatchOptions& options) {
  const SystemClock clock;
  const TimeUs begin = clock.now_us();
  v1::ProgressRequest request;
  request.set_series(options.series);
  bool past = true;  // events from before we came are skipped
  while (true) {
    request.set_wait_ms(past ? 0 : kProgressWaitMs);
    COX_ASSIGN_OR_RETURN(v1::ProgressReply reply, calls.progress(request));
    const bool older = past && reply.sequence() > request.after_sequence();
    request.set_after_sequence(reply.sequence());
    if (older) continue;
    if (past) reply.clear_events();
    past = false;
    reporter.update(reply, clock.now_us());
    if (is_complete(reply)) return exit_code_of(reply);
    if (signals.count() > 0) return exit_code_of_signal(signals.last());
    if (options.timeout && clock.now_us() - begin > *options.timeout) return kExitTimedOut;
    poll(nullptr, 0, kLeastPauseMs);
  }
}

}  // namespace cox::cli
