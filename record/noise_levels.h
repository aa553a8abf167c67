#pragma once

#include <cstdint>

namespace cox {

/// LongCat-Video's step-distilled model knows the noise levels 1, 0.98, ..., 0.02.
inline constexpr std::int64_t kDistilledLevels = 50;
/// With `enhance_hf` so many uniform levels from 0.5 on replace those of 0.5 and below.
inline constexpr std::int64_t kTailLevels = 10;

}  // namespace cox
