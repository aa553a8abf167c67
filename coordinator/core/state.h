#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace cox::core {

/// The state of a job. The values are stored; never renumber them.
enum class JobState : std::uint8_t {
  kQueued = 0,       ///< may be leased now
  kBlocked = 1,      ///< waits for its backoff to end
  kLeased = 2,       ///< a worker holds it
  kDone = 3,         ///< has a result; final
  kFailed = 4,       ///< has a cause; only RetryAsked moves it
  kCancelled = 5,    ///< a person or the failure policy ended it
  kPaused = 6,       ///< a person paused it
  kQuarantined = 7,  ///< too many workers were lost with it; only RetryAsked moves it
  kStopped = 8,      ///< a rule of its series ended it; has a StopReason
};
constexpr int kJobStateCount = 9;

/// Why a job is stopped. The values are stored.
enum class StopReason : std::uint8_t {
  kNone = 0,
  kMedian = 1,  ///< its run is worse than the median of the others
  kAsha = 2,    ///< its run is not among the best
  kBudget = 3,  ///< the series has used its GPU-hours
  /// Not stopped: a person queued the job again, and no comparison of runs stops it any more.
  kOverruled = 4,
};
constexpr int kStopReasonCount = 5;

/// How an attempt ended. The values are stored.
enum class AttemptOutcome : std::uint8_t {
  kOpen = 0,
  kDone = 1,
  kFailed = 2,
  kLost = 3,      ///< the worker timed out, died, or was replaced
  kReturned = 4,  ///< the worker left normally
  kCancelled = 5,
};

/// Row by row: may a job go from the first state to the second?
constexpr bool kTransitions[kJobStateCount][kJobStateCount] = {
    //            queued blocked leased done failed cancel paused quarantined stopped
    /* queued */ {false, false, true, false, false, true, true, false, true},
    /* blocked */ {true, false, false, false, false, true, true, false, true},
    /* leased */ {true, true, false, true, true, true, false, true, true},
    /* done */ {false, false, false, false, false, false, false, false, false},
    /* failed */ {true, false, false, false, false, false, false, false, false},
    /* cancelled */ {true, false, false, false, false, false, false, false, false},
    /* paused */ {true, false, false, false, false, true, false, false, true},
    /* quarantined */ {true, false, false, false, false, false, false, false, false},
    /* stopped */ {true, false, false, false, false, false, false, false, false},
};

constexpr bool may_become(JobState from, JobState to) {
  return kTransitions[static_cast<int>(from)][static_cast<int>(to)];
}

/// Whether the job reaches another state without a person's action.
constexpr bool is_open(JobState state) {
  return state == JobState::kQueued || state == JobState::kBlocked || state == JobState::kLeased;
}

/// "queued", "blocked", ...: the words of the views and of the wire.
std::string_view state_name(JobState state);
std::optional<JobState> state_named(std::string_view name);
/// "median", "asha", "budget", "overruled"; "" for kNone.
std::string_view stop_reason_name(StopReason reason);
/// "open", "done", "failed", "lost", "returned", "cancelled".
std::string_view outcome_name(AttemptOutcome outcome);

}  // namespace cox::core
