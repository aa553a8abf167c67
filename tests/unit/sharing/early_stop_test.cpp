#include "sharing/early_stop.h"

#include <catch2/catch.hpp>

#include <limits>
#include <vector>

using cox::sharing::EarlyStop;

namespace {

constexpr double kNan = std::numeric_limits<double>::quiet_NaN();

struct Replay {
  std::int64_t last_step = 0;  ///< the step after which the loop ended
  std::int64_t best_step = 0;
  std::int64_t misses = 0;
  bool stopped = false;
};

/// `losses[k]` is what the k-th check finds.
Replay replay(EarlyStop rule, std::int64_t steps, const std::vector<double>& losses) {
  Replay result;
  size_t check = 0;
  for (std::int64_t step = 1; step <= steps; ++step) {
    result.last_step = step;
    if (!rule.due(step)) continue;
    rule.observe(step, losses.at(check++));
    if (rule.stopped()) break;
  }
  result.best_step = rule.best_step();
  result.misses = rule.misses();
  result.stopped = rule.stopped();
  return result;
}

}  // namespace

TEST_CASE("a run that never improves stops after patience checks and keeps the start state") {
  const Replay result = replay(EarlyStop(5, 3, 1.0), 20, {1.1, 1.2, 1.3});
  CHECK(result.last_step == 15);
  CHECK(result.best_step == 0);
  CHECK(result.stopped);
}

TEST_CASE("an equal loss is a miss") {
  const Replay result = replay(EarlyStop(1, 2, 1.0), 10, {0.5, 0.5, 0.5});
  CHECK(result.last_step == 3);
  CHECK(result.best_step == 1);
}

TEST_CASE("NaN is a miss, as a check and as the start") {
  CHECK(replay(EarlyStop(1, 2, 1.0), 10, {kNan, kNan}).last_step == 2);
  const Replay from_nan = replay(EarlyStop(1, 2, kNan), 10, {0.5, 0.4});
  CHECK(from_nan.last_step == 2);
  CHECK(from_nan.best_step == 0);
}

TEST_CASE("an improvement forgives earlier misses") {
  const Replay result = replay(EarlyStop(1, 2, 1.0), 6, {1.1, 0.9, 1.0, 0.8, 0.9, 0.9});
  CHECK(result.last_step == 6);
  CHECK(result.best_step == 4);
  CHECK(result.stopped);
}

TEST_CASE("steps after the last multiple of check_every are never checked") {
  const Replay result = replay(EarlyStop(5, 3, 1.0), 13, {0.9, 0.8});
  CHECK(result.last_step == 13);
  CHECK(result.best_step == 10);
  CHECK_FALSE(result.stopped);
}

TEST_CASE("fewer steps than check_every leave the start state as the best") {
  const Replay result = replay(EarlyStop(5, 3, 1.0), 4, {});
  CHECK(result.best_step == 0);
  CHECK_FALSE(result.stopped);
}
