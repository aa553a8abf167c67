#include "sharing/walk.h"

namespace cox::sharing {

std::int64_t steps_walked(const std::vector<Reading>& readings) {
  std::int64_t walked = 0;
  std::int64_t placed = 0;   // the step of the state in place
  std::int64_t reached = 0;  // the last step of any job so far
  for (const Reading& reading : readings) {
    if (reading.steps > reached) {
      walked += reading.steps - placed;
      placed = reached = reading.steps;
    }
    if (!reading.state) continue;
    walked += *reading.state >= placed ? *reading.state - placed : *reading.state;
    placed = *reading.state;
  }
  return walked;
}

}  // namespace cox::sharing
