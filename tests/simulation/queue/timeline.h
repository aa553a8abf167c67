#pragma once

#include <cstdint>
#include <functional>
#include <queue>
#include <random>
#include <utility>
#include <vector>

#include "base/clock.h"

namespace cox::simulation {

/// Virtual time: what happens next happens at once. Equal times keep the order of scheduling.
class Timeline {
 public:
  using Action = std::function<void()>;

  TimeUs now() const { return now_; }
  void after(DurationUs delay, Action action) {
    waiting_.push({now_ + delay, ++number_, std::move(action)});
  }
  /// Runs the next action; false when there is none up to `end`.
  bool step(TimeUs end) {
    if (waiting_.empty() || waiting_.top().at > end) return false;
    Entry next = std::move(const_cast<Entry&>(waiting_.top()));  // popped before it is used
    waiting_.pop();
    now_ = next.at;
    next.action();
    return true;
  }

 private:
  struct Entry {
    TimeUs at;
    std::uint64_t number;
    Action action;
    bool operator<(const Entry& other) const {
      return at != other.at ? at > other.at : number > other.number;
    }
  };
  TimeUs now_ = 0;
  std::uint64_t number_ = 0;
  std::priority_queue<Entry> waiting_;
};

/// The numbers of one schedule.
class Dice {
 public:
  explicit Dice(unsigned seed) : random_(seed) {}
  bool percent(int chance) { return chance > 0 && between(0, 99) < chance; }
  std::int64_t between(std::int64_t least, std::int64_t most) {
    return std::uniform_int_distribution<std::int64_t>(least, most)(random_);
  }

 private:
  std::mt19937_64 random_;
};

}  // namespace cox::simulation
