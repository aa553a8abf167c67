#pragma once

#include <cstdint>
#include <string>

#include "engine/tensors/random.h"

namespace cox::engine {

/// The random streams of one video: functions of (seed, replicate, video, purpose, step), so runs
/// that share them see the same noise, whatever ran before.
struct VideoRandom {
  std::uint64_t seed = 0;
  std::uint64_t replicate = 0;
  std::string video_id;

  RandomStream stream(Purpose purpose, std::int64_t step) const {
    return RandomStream({seed, replicate, video_id, purpose, static_cast<std::uint64_t>(step)});
  }
};

}  // namespace cox::engine
