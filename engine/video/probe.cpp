#include <fmt/format.h>

#include <algorithm>
#include <optional>

#include "engine/video/decode.h"
#include "engine/video/fault.h"
#include "engine/video/input.h"

namespace cox::video {

namespace {

/// Steps of a constant rate differ by one tick at most, which is rounding when ticks are fine.
class StepWatch {
 public:
  void see(std::int64_t timestamp) {
    if (timestamp == AV_NOPTS_VALUE) return;
    if (last_) {
      const std::int64_t step = timestamp - *last_;
      shortest_ = std::min(shortest_.value_or(step), step);
      longest_ = std::max(longest_.value_or(step), step);
    }
    last_ = timestamp;
  }

  bool varies() const {
    if (!shortest_) return false;
    const std::int64_t spread = *longest_ - *shortest_;
    return spread > 1 || (spread == 1 && *shortest_ < kFineTicks);
  }

 private:
  static constexpr std::int64_t kFineTicks = 10;
  std::optional<std::int64_t> last_, shortest_, longest_;
};

VideoFacts probe(const std::string& path) {
  Input input(path);
  StepWatch steps;
  VideoFacts facts;
  Input::Step step = input.next();
  for (; step == Input::Step::kFrame; step = input.next()) {
    ++facts.frames;
    facts.interlaced = facts.interlaced || input.frame().interlaced_frame != 0;
    steps.see(input.frame().best_effort_timestamp);
  }
  const bool damaged = step == Input::Step::kDamaged;
  if (facts.frames == 0) {
    throw_fault(FaultKind::kNoFrames, fmt::format("no frame of '{}' can be decoded{}", path,
                                                  damaged ? ": " + input.damage() : ""));
  }
  if (damaged) facts.damage = input.damage();
  facts.variable_frame_rate = steps.varies();
  facts.stream = input.facts();
  return facts;
}

}  // namespace

ProbeOutcome probe_video(const std::string& path) {
  try {
    return probe(path);
  } catch (const FaultThrown& thrown) {
    return thrown.fault;
  }
}

}  // namespace cox::video
