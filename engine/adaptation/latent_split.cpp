#include "engine/adaptation/latent_split.h"

#include <algorithm>
#include <cmath>

namespace cox::engine {

LatentSplit split_latents(std::int64_t window_frames, std::int64_t context_frames,
                          double holdout_fraction) {
  const std::int64_t total = latent_frames_of(window_frames);
  const std::int64_t context = std::min(latent_frames_of(context_frames), total - 1);
  const std::int64_t rest = total - context;
  const auto fraction =
      static_cast<std::int64_t>(std::floor(static_cast<double>(rest) * holdout_fraction));
  const std::int64_t held_out = std::max<std::int64_t>(1, fraction);
  if (rest - held_out < 1) return {context, rest, 0};
  return {context, rest - held_out, held_out};
}

}  // namespace cox::engine
