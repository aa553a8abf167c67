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

/// Shows how a sweep goes on. Owned by one thread.
class ProgressReporter {
 public:
  virtual ~ProgressReporter() = default;

  /// The state, and the events since the last call.
  virtual void update(const v1::ProgressReply& reply, TimeUs now) = 0;
  /// A message in between.
  virtual void note(std::string_view message) = 0;
  /// Leaves the stream as a following message expects it.
  virtual void finish() {}
};

/// On a terminal a block that is drawn over, with troubles above it; else plain lines: each trouble
/// at once, the progress at most every kPlainInterval and only when it changed.
std::unique_ptr<ProgressReporter> make_reporter(std::ostream& out, const Terminal& terminal);

constexpr DurationUs kPlainInterval = 10 * kSecondUs;

}  // namespace cox::cli
