#include "engine/vae/video_vae.h"

#include <fmt/format.h>

#include <stdexcept>

#include "engine/tensors/shape.h"

namespace cox::engine {

void check_pixels(const at::Tensor& pixels, int64_t channels, int64_t scale) {
  check_shape(pixels, {kAny, channels, kAny, kAny, kAny}, "pixels");
  if (pixels.size(2) < 1) throw std::invalid_argument("pixels: expected at least one frame");
  for (const auto& [axis, name] : {std::pair(3, "height"), std::pair(4, "width")}) {
    const int64_t size = pixels.size(axis);
    if (size > 0 && size % scale == 0) continue;
    throw std::invalid_argument(
        fmt::format("pixels: expected a {} that is a multiple of {}, got {}", name, scale, size));
  }
}

}  // namespace cox::engine
