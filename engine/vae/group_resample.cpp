#include "engine/vae/group_resample.h"

#include <ATen/ops/constant_pad_nd.h>
#include <fmt/format.h>

#include <stdexcept>

#include "engine/tensors/torch.h"

namespace cox::engine {

at::Tensor average_down(const at::Tensor& frames, std::int64_t out,
                        const ResampleFactors& factors) {
  const std::int64_t cell = frames.size(4) * factors.volume();
  if (cell % out != 0) {
    throw std::invalid_argument(fmt::format(
        "VAE shortcut: {} channels in cells of {} values do not divide into {} channels",
        frames.size(4), factors.volume(), out));
  }
  const std::int64_t missing = (factors.time - frames.size(1) % factors.time) % factors.time;
  const at::Tensor whole = at::constant_pad_nd(frames, {0, 0, 0, 0, 0, 0, missing, 0});
  return whole.unflatten(3, {-1, factors.space})
      .unflatten(2, {-1, factors.space})
      .unflatten(1, {-1, factors.time})
      // [B, t, time, h, space, w, space, C]
      .permute({0, 1, 3, 5, 7, 2, 4, 6})
      .flatten(4)
      .unflatten(4, {out, cell / out})
      .mean(-1, /*keepdim=*/false);
}

at::Tensor duplicate_up(const at::Tensor& frames, std::int64_t out, const ResampleFactors& factors,
                        bool drop) {
  const std::int64_t cell = out * factors.volume(), channels = frames.size(4);
  if (cell % channels != 0) {
    throw std::invalid_argument(
        fmt::format("VAE shortcut: {} channels do not fill cells of {} values and {} channels",
                    channels, factors.volume(), out));
  }
  const at::Tensor cells = frames.repeat_interleave(cell / channels, 4)
                               .unflatten(4, {out, factors.time, factors.space, factors.space})
                               // [B, T, H, W, out, time, space, space]
                               .permute({0, 1, 5, 2, 6, 3, 7, 4})
                               .flatten(5, 6)
                               .flatten(3, 4)
                               .flatten(1, 2);
  const std::int64_t dropped = drop ? factors.time - 1 : 0;
  return cells.narrow(1, dropped, cells.size(1) - dropped).contiguous();
}

at::Tensor pixels_to_channels(const at::Tensor& frames, std::int64_t size) {
  if (size == 1) return frames;
  return frames.unflatten(3, {-1, size})
      .unflatten(2, {-1, size})
      // [B, T, h, row, w, column, C]
      .permute({0, 1, 2, 4, 6, 5, 3})
      .flatten(4)
      .contiguous();
}

at::Tensor channels_to_pixels(const at::Tensor& frames, std::int64_t size) {
  if (size == 1) return frames;
  return frames
      .unflatten(4, {-1, size, size})
      // [B, T, h, w, C, column, row]
      .permute({0, 1, 2, 6, 3, 5, 4})
      .flatten(4, 5)
      .flatten(2, 3)
      .contiguous();
}

}  // namespace cox::engine
