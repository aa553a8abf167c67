#include "tools/training/clip_size.h"

#include <fmt/format.h>

#include "engine/tensors/error.h"

namespace cox::engine {

namespace {

void require_pixels(int64_t pixels, const VaeConfig& config, const char* name) {
  const int64_t scale = config.spatial_scale();
  if (pixels > 0 && pixels % scale == 0) return;
  throw user_error(fmt::format("{}: expected a multiple of {}, got {}", name, scale, pixels));
}

}  // namespace

void require_clip_size(const RenderSize& size, const VaeConfig& config) {
  require_pixels(size.height, config, "height");
  require_pixels(size.width, config, "width");
  require_clip_frames(size.frames, 1, config, "frames");
}

void require_clip_frames(int64_t frames, int64_t least, const VaeConfig& config, const char* name) {
  const int64_t scale = config.temporal_scale();
  if (frames >= least && (frames - 1) % scale == 0) return;
  throw user_error(fmt::format("{}: expected 1 + a multiple of {}, at least {}, got {}", name,
                               scale, least, frames));
}

}  // namespace cox::engine
