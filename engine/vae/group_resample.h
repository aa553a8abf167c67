#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>

namespace cox::engine {

// The shortcuts without weights of the residual layout, and its cutting of pixels into channels.
// Frames [B, T, H, W, C].

/// By how much a level of the VAE changes sizes: frames, and height and width alike.
struct ResampleFactors {
  std::int64_t time = 1;
  std::int64_t space = 1;
  std::int64_t volume() const { return time * space * space; }
};

/// [B, T, H, W, C] -> [B, T / time, H / space, W / space, out]. The values of each cell, ordered by
/// channel, then by frame, row and column in it, are cut into `out` runs, each of which becomes its
/// mean. Frames of zeros come first where T is not a multiple; they count. Throws
/// std::invalid_argument unless `out` divides C times the cell's size.
at::Tensor average_down(const at::Tensor& frames, std::int64_t out, const ResampleFactors& factors);

/// [B, T, H, W, C] -> [B, T * time, H * space, W * space, out]: each channel, repeated, fills cells
/// in the same order. `drop` leaves out the first time - 1 frames, as the first chunk of a video
/// needs. Throws std::invalid_argument unless C divides `out` times the cell's size.
at::Tensor duplicate_up(const at::Tensor& frames, std::int64_t out, const ResampleFactors& factors,
                        bool drop);

/// [B, T, H, W, C] -> [B, T, H / size, W / size, C * size * size], channels ordered by (channel,
/// column, row); and back.
at::Tensor pixels_to_channels(const at::Tensor& frames, std::int64_t size);
at::Tensor channels_to_pixels(const at::Tensor& frames, std::int64_t size);

}  // namespace cox::engine
