#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "record/field.h"

namespace cox {

/// The class of a job's failure; kNone while it has not failed. The values are stored, and they
/// equal the values on the wire.
enum class FailureCause : std::uint8_t {
  kNone = 0,
  kData = 1,      ///< the video or its window: never retried
  kOom = 2,       ///< not enough memory
  kDiverged = 3,  ///< loss or latents became NaN or infinite: a finding, never retried
  kCrash = 4,     ///< any other failure
  kTimeout = 5,
  kLost = 6,       ///< the worker died or went silent with the job
  kUser = 7,       ///< parameters, model files: never retried
  kCancelled = 8,  ///< the caller stopped the job: never sent, never stored
};

inline constexpr std::array<std::string_view, 9> kCauseNames = {
    "", "data", "oom", "diverged", "crash", "timeout", "lost", "user", "cancelled"};

/// "data", "oom", ...; "" for kNone.
constexpr std::string_view cause_name(FailureCause cause) {
  return kCauseNames[static_cast<std::size_t>(cause)];
}

constexpr std::optional<FailureCause> cause_named(std::string_view name) {
  for (std::size_t i = 1; i < kCauseNames.size(); ++i) {
    if (kCauseNames[i] == name) return static_cast<FailureCause>(i);
  }
  return std::nullopt;
}

/// Describes an attempt that ended without a result.
struct JobFailure {
  FailureCause cause = FailureCause::kCrash;
  std::string message;    ///< what, where, expected, got, what to do
  std::string detail;     ///< class within the cause, e.g. `corrupt_container`, `too_short`
  bool poisoned = false;  ///< the device is unusable: the worker must restart
  /// The machine lacks an input of the job, for example its model. The job is queued again and the
  /// attempt does not count.
  bool missing_input = false;

  bool operator==(const JobFailure&) const = default;

  /// The fields that the worker sends; it uses the others itself.
  static constexpr auto fields() {
    using F = JobFailure;
    return std::tuple{
        Field{"cause", "", "The class of failure, which decides about retries.", &F::cause},
        Field{"message", "", "What, where, expected, got, what to do.", &F::message},
        Field{"detail", "", "Class within the cause, such as corrupt_container.", &F::detail},
    };
  }
};

}  // namespace cox
