#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "engine/video/image.h"

namespace cox::video {

/// A clip, lossless H.264 unless another encoder is named, whose tags a test chooses: things that
/// write_video never writes.
struct RawClip {
  int width = 64;
  int height = 48;
  int frames = 3;
  std::string pixel_format = "yuv420p";
  std::string encoder = "libx264";
  int lost_bytes = 0;            ///< at the end of every packet
  int y = 120, u = 90, v = 170;  ///< of every pixel
  int matrix = 2;                ///< AVCOL_SPC_*; 2 = unspecified
  bool full_range = false;
  int transfer = 2;  ///< AVCOL_TRC_*; 2 = unspecified
  int rotation = 0;  ///< clockwise degrees
  bool mirrored = false;
  bool left_half_dark = false;      ///< luma 16 in the left half, to see rotation
  std::vector<std::int64_t> times;  ///< in 1/24 s; empty = one after another
};

/// Writes it as mp4; aborts the test program when FFmpeg refuses.
void write_raw_clip(const std::string& path, const RawClip& clip);

/// A picture with gradients and edges that depends on `index`.
RgbImage test_picture(int width, int height, int index);

}  // namespace cox::video
