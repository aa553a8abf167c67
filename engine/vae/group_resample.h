#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>

namespace cox::engine {

// The weightless shortcuts of the residual layout, and its conversion of pixels into channels.
// Frames [B, T, H, W, C].

/// Factors by which a level of the VAE changes the frame count, and height and width.
struct ResampleFactors {
  std::int64_t time = 1;
  std::int64_t space = 1;
  std::int64_t volume() const { return time * space * space; }
};

/// [B, T, H, W, C] -> [B, T / time, H / space, W / space, out]. The values of each cell, ordered by
/// channel, then by frame, row and column in it, are split into `out` runs, and each run is
/// replaced by its mean. If T is not a multiple of `time`, zero frames are prepended and take part
/// in means. Throws std::invalid_argument unless `out` divides C times the cell's size.
at::Tensor average_down(const at::Tensor& frames, std::int64_t out, const ResampleFactors& factors);

/// [B, T, H, W, C] -> [B, T * time, H * space, W * space, out]: each channel, repeated, fills cells
/// in the same order. `drop` omits the first time - 1 frames, for the first chunk of a video.
/// Throws std::invalid_argument unless C divides `out` times the cell's size.
at::Tensor duplicate_up(const at::Tensor& frames, std::int64_t out, const ResampleFactors& factors,
                        bool drop);

/// [B, T, H, W, C] -> [B, T, H / size, W / size, C * size * size], channels ordered by (channel,
/// column, row); and the inverse.
at::Tensor pixels_to_channels(const at::Tensor& frames, std::int64_t size);
at::Tensor channels_to_pixels(const at::Tensor& frames, std::int64_t size);

}  // namespace cox::engine
