#pragma once

#include <optional>
#include <string>

#include "base/clock.h"
#include "cli/exit_code.h"
#include "cli/progress/progress_reporter.h"
#include "cli/progress/signals.h"
#include "cli/sources/sweep_calls.h"

namespace cox::cli {

struct WatchOptions {
  std::string series;                 ///< "" = all
  std::optional<DurationUs> timeout;  ///< kExitTimedOut beyond it
};

/// Shows progress until no job is left: kExitOk, kExitFailed when jobs failed unexpectedly,
/// kExitPartial when jobs were cancelled, were stopped or are paused; or until a signal, the
/// timeout, or an error. Retries for kAwayPatience when the coordinator stops answering.
Result<ExitCode> watch(SweepCalls& calls, ProgressReporter& reporter, const StopSignals& signals,
                       const WatchOptions& options);

/// Returns the exit code for the end of a sweep.
ExitCode exit_code_of(const v1::ProgressReply& reply);

/// How long one call waits for changes; the display is redrawn at this rate.
constexpr std::int64_t kProgressWaitMs = 250;
/// How long a coordinator that has answered once may be away: long enough for a restart.
constexpr DurationUs kAwayPatience = 300 * kSecondUs;
/// Pause between two calls, so that a busy coordinator is not called for each event.
constexpr int kLeastPauseMs = 100;

}  // namespace cox::cli
