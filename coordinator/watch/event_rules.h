#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "base/clock.h"
#include "coordinator/service/standing.h"

namespace cox::watch {

/// An event that is reported to a person who is not watching.
struct WatchEvent {
  std::string kind;  ///< series_ended, first_failure or stall
  TimeUs time = 0;
  std::string series = {};  ///< "" for a stall, which concerns all work
  std::string message = {};
  core::JobCounts jobs = {};  ///< of the series, or of all work
  std::uint32_t workers = 0;
  std::optional<service::FailureNews> failure = {};
};

/// One `cox-event/1` document on one line, ending in a line feed.
std::string event_json(const WatchEvent& event);

/// Finds events in successive standings. What the first one shows is not news: a restart repeats
/// nothing. Pure; owned by one thread.
///
/// series_ended: no job of the series is queued, running or paused any more, and one was before, or
/// the series is new.
/// first_failure: a job of the series failed unexpectedly, and none had before; again after a retry
/// left no failed job.
/// stall: jobs are left, and for `stall_after` none ended; again after one ended.
class EventRules {
 public:
  explicit EventRules(DurationUs stall_after) : stall_after_(stall_after) {}

  std::vector<WatchEvent> observe(const service::Standing& standing, TimeUs now);

 private:
  struct Known {
    bool is_open = false;
    bool has_failed = false;
  };

  void observe_series(const service::SeriesStanding& series, const service::Standing& standing,
                      TimeUs now, std::vector<WatchEvent>& events);
  void observe_progress(const service::Standing& standing, TimeUs now,
                        std::vector<WatchEvent>& events);

  DurationUs stall_after_;
  bool is_first_ = true;
  std::map<std::string, Known> known_;
  std::uint64_t ended_jobs_ = 0;
  TimeUs progress_at_ = 0;
  bool stall_told_ = false;
};

}  // namespace cox::watch
