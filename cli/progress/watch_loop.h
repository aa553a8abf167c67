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

/// Shows progress until nothing is left: kExitOk, kExitFailed when jobs failed that were not
/// expected to, kExitPartial when jobs were cancelled; or until a signal, the timeout, or an error.
/// A coordinator that stops answering is asked again for kAwayPatience.
Result<ExitCode> watch(SweepCalls& calls, ProgressReporter& reporter, const StopSignals& signals,
                       const WatchOptions& options);

/// What the end of a sweep means for the exit code.
ExitCode exit_code_of(const v1::ProgressReply& reply);

/// How long one call waits for news; activities are drawn at this pace.
constexpr std::int64_t kProgressWaitMs = 250;
/// How long a coordinator that has answered once may be away: it may be restarted meanwhile.
constexpr DurationUs kAwayPatience = 300 * kSecondUs;
/// Between two calls, so that a busy coordinator is not asked for each event.
constexpr int kLeastPauseMs = 100;

}  // namespace cox::cli
