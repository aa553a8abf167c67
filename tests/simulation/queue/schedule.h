#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/status.h"

namespace cox::simulation {

/// What goes wrong, or what a person does, at one moment.
struct Fault {
  TimeUs at = 0;
  std::string kind;  ///< a name of fault_kinds()
  int target = 0;    ///< a worker, or a series
  DurationUs duration = 0;

  bool operator==(const Fault&) const = default;
};

/// One history of a small cluster: its shape, what the network does to each message, and faults.
struct Schedule {
  unsigned seed = 0;  ///< of delays, losses and job times
  int workers = 1;
  int series = 1;
  int runs = 1;    ///< of each series
  int videos = 1;  ///< of each series
  int loss_percent = 0;
  int duplicate_percent = 0;
  int failure_percent = 0;  ///< of jobs
  int delay_ms = 1;         ///< longest of a message: shorter ones overtake it
  int time_limit_s = 0;     ///< of an attempt; 0 = none
  int stop_rule = 0;        ///< 0 = none, 1 = median, 2 = asha
  std::vector<Fault> faults;

  bool operator==(const Schedule&) const = default;
};

const std::vector<std::string_view>& fault_kinds();

/// A random schedule.
Schedule draw_schedule(unsigned seed);

/// One line of key=value, then a line for each fault; reads back as the same schedule.
std::string text_of(const Schedule& schedule);
Result<Schedule> schedule_from(const std::string& text);

/// Smaller schedules, the most promising first: without halves, then single ones, of the faults,
/// with a better network, with less work.
std::vector<Schedule> smaller(const Schedule& schedule);

}  // namespace cox::simulation
