#include "engine/backbones/patches.h"

#include <fmt/format.h>

#include <stdexcept>

#include "engine/tensors/shape.h"

namespace cox::engine {

void check_patches(const at::Tensor& latents, int64_t channels, int64_t patch) {
  check_shape(latents, {kAny, channels, kAny, kAny, kAny}, "latents");
  if (latents.size(2) == 0) throw std::invalid_argument("latents: expected at least one frame");
  for (const auto& [axis, name] : {std::pair(3, "height"), std::pair(4, "width")}) {
    const int64_t size = latents.size(axis);
    if (size > 0 && size % patch == 0) continue;
    throw std::invalid_argument(
        fmt::format("latents: {} {} must be a positive multiple of {}, because a token covers {} "
                    "x {} latent pixels; choose a video {} that is a multiple of {}",
                    name, size, patch, patch, patch, name, 8 * patch));
  }
}

TokenGrid patch_grid(const at::Tensor& latents, int64_t patch) {
  return {latents.size(2), latents.size(3) / patch, latents.size(4) / patch};
}

at::Tensor pack_patches(const at::Tensor& latents, int64_t patch) {
  const TokenGrid grid = patch_grid(latents, patch);
  const int64_t batch = latents.size(0), channels = latents.size(1);
  return latents.reshape({batch, channels, grid.frames, grid.rows, patch, grid.columns, patch})
      .permute({0, 2, 3, 5, 1, 4, 6})
      .reshape({batch, grid.tokens(), channels * patch * patch});
}

at::Tensor unpack_patches(const at::Tensor& tokens, const TokenGrid& grid, int64_t patch) {
  const int64_t batch = tokens.size(0), channels = tokens.size(2) / (patch * patch);
  return tokens.reshape({batch, grid.frames, grid.rows, grid.columns, channels, patch, patch})
      .permute({0, 4, 1, 2, 5, 3, 6})
      .reshape({batch, channels, grid.frames, grid.rows * patch, grid.columns * patch});
}

at::Tensor unpack_channels_last(const at::Tensor& tokens, const TokenGrid& grid, int64_t patch) {
  const int64_t batch = tokens.size(0), channels = tokens.size(2) / (patch * patch);
  return tokens.reshape({batch, grid.frames, grid.rows, grid.columns, patch, patch, channels})
      .permute({0, 6, 1, 2, 4, 3, 5})
      .reshape({batch, channels, grid.frames, grid.rows * patch, grid.columns * patch});
}

}  // namespace cox::engine
