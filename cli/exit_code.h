#pragma once

#include "base/status.h"

namespace cox::cli {

/// The exit codes of `cox`, as docs/commands.md promises them.
enum ExitCode : int {
  kExitOk = 0,
  kExitFailed = 1,       ///< jobs failed that were not expected to, or the command broke down
  kExitUsage = 2,        ///< wrong usage, sweep file or environment: nothing was started
  kExitNotFound = 3,     ///< a file, series, run or job that was named does not exist
  kExitUnreachable = 4,  ///< no coordinator answers at the address
  kExitTimedOut = 5,
  kExitPartial = 6,  ///< waited to the end, but jobs were cancelled or stopped or are paused
  kExitInterrupted = 130,
  kExitTerminated = 143,
};

inline ExitCode exit_code_of(const Status& status) {
  switch (status.code()) {
    case StatusCode::kOk:
      return kExitOk;
    case StatusCode::kInvalidArgument:
    case StatusCode::kFailedPrecondition:
    case StatusCode::kAlreadyExists:
    case StatusCode::kOutOfRange:
    case StatusCode::kPermissionDenied:
    case StatusCode::kUnauthenticated:
      return kExitUsage;
    case StatusCode::kNotFound:
      return kExitNotFound;
    case StatusCode::kUnavailable:
      return kExitUnreachable;
    case StatusCode::kDeadlineExceeded:
      return kExitTimedOut;
    default:
      return kExitFailed;
  }
}

/// For errors of files and ports on this machine, which keep the command from starting:
/// kUnavailable would be read as "no coordinator answers", and kDataLoss as a loss.
inline Status of_surroundings(const Status& status) {
  const bool is_theirs =
      status.code() == StatusCode::kUnavailable || status.code() == StatusCode::kDataLoss;
  return is_theirs ? failed_precondition(status.message()) : status;
}

}  // namespace cox::cli
