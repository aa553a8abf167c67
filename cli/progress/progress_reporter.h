#pragma once

#include <memory>
#include <ostream>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "cli/output/terminal.h"
#include "cli/progress/progress_meter.h"
#include "cli/progress/progress_text.h"
#include "cox/v1/sweep.pb.h"

namespace cox::cli {

/// Shows the progress of a sweep. Owned by one thread.
class ProgressReporter {
 public:
  virtual ~ProgressReporter() = default;

  /// Shows the state, and the events since the last call.
  virtual void update(const v1::ProgressReply& reply, TimeUs now) = 0;
  /// Prints a message in between.
  virtual void note(std::string_view message) = 0;
  /// Ends the display, so that other messages can follow.
  virtual void finish() {}
};

/// Returns a reporter for the stream. On a terminal it redraws a block in place, with troubles
/// above it; elsewhere it prints plain lines: each trouble at once, the progress at most every
/// kPlainInterval and only when it changed.
std::unique_ptr<ProgressReporter> make_reporter(std::ostream& out, const Terminal& terminal);

constexpr DurationUs kPlainInterval = 10 * kSecondUs;

}  // namespace cox::cli
