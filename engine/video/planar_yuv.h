#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

#include "engine/video/image.h"

namespace cox::video {

/// A picture of 8-bit planes Y, U, V, borrowed. Chroma has half the columns and, if
/// `half_chroma_rows`, half the rows (4:2:0; otherwise 4:2:2).
struct PlanarYuv {
  std::array<const std::uint8_t*, 3> planes{};
  std::array<std::ptrdiff_t, 3> row_bytes{};  ///< from one row of a plane to the next
  bool half_chroma_rows = true;
};

/// The coefficients of R = Y + red_v V, G = Y - green_u U - green_v V, B = Y + blue_u U, where Y is
/// 0 to 255, and U and V are -112 to 112: in 1/65536, as swscale states them.
struct YuvMatrix {
  std::int64_t red_v = 0;
  std::int64_t blue_u = 0;
  std::int64_t green_u = 0;
  std::int64_t green_v = 0;
};

/// YUV to RGB with the nearest chroma, in integers of 16 bits: byte for byte equal to swscale's
/// vector code for x86-64 (and therefore to PyAV), on every processor and with every build of
/// FFmpeg. Without vector code, swscale's pixels differ by up to 3 levels in 4:2:0, which changes a
/// continuation's PSNR by 0.1 dB.
class YuvToRgb {
 public:
  /// Full range is luma 0 to 255; limited is 16 to 235.
  YuvToRgb(const YuvMatrix& matrix, bool full_range);
  /// The upper left `width` x `height` pixels.
  RgbImage convert(const PlanarYuv& picture, int width, int height) const;

 private:
  // Coefficients in 1/8192.
  int luma_, red_v_, green_u_, green_v_, blue_u_;
  int black_;  ///< the luma of black, in 1/8
};

}  // namespace cox::video
