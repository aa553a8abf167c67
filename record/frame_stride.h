#pragma once

#include <algorithm>
#include <cmath>
#include <cstdint>

namespace cox {

/// Every how many frames of a video of `rate` frames a second come nearest to `wanted` a second: at
/// least 1.
inline std::int64_t stride_for(double rate, double wanted) {
  return std::max<std::int64_t>(1, std::llround(rate / wanted));
}

}  // namespace cox
