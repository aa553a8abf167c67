#pragma once

#include <algorithm>
#include <cmath>
#include <cstdint>

namespace cox {

/// Returns the stride, at least 1, at which frames of a video of `rate` frames per second come
/// closest to `wanted` frames per second.
inline std::int64_t stride_for(double rate, double wanted) {
  return std::max<std::int64_t>(1, std::llround(rate / wanted));
}

}  // namespace cox
