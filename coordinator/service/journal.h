#pragma once

#include <cstdint>
#include <deque>
#include <string>
#include <vector>

#include "coordinator/core/effect.h"
#include "coordinator/service/standing.h"
#include "cox/v1/sweep.pb.h"

namespace cox::service {

/// The newest events, for people who watch; the database has all of them. Owned by one thread at a
/// time.
class Journal {
 public:
  /// Appends the journal entries among committed effects; a finished job's entry carries the means
  /// of its metrics.
  void publish(const core::Effects& effects);

  /// Appends to `reply` the events after `after_sequence` that belong to `series` ("" = all) and
  /// sets its sequence to the last event looked at, at least `after_sequence`.
  void read(std::uint64_t after_sequence, const std::string& series,
            v1::ProgressReply& reply) const;

  /// The jobs that failed after `after_sequence`, as far as events are kept.
  std::vector<FailureNews> failures_after(std::uint64_t after_sequence) const;

  static constexpr size_t kKeptEvents = 10'000;
  static constexpr int kEventsInReply = 1'000;

 private:
  std::deque<v1::ProgressEvent>::const_iterator first_after(std::uint64_t sequence) const;

  std::deque<v1::ProgressEvent> events_;
};

}  // namespace cox::service
