#include "engine/video/planar_yuv.h"

#include <algorithm>

namespace cox::video {

namespace {

/// From 1/65536 to 1/8192, rounded.
int in_8192ths(std::int64_t coefficient) {
  return static_cast<int>((coefficient * 8192 + 32768) >> 16);
}

/// A level in 1/8 times a coefficient in 1/8192, rounded down to whole levels. Each product is
/// rounded by itself, as a vector instruction that keeps the upper 16 bits does.
int product(int eighths, int coefficient) { return (eighths * coefficient) >> 16; }

std::uint8_t to_byte(int level) { return static_cast<std::uint8_t>(std::clamp(level, 0, 255)); }

}  // namespace

YuvToRgb::YuvToRgb(const YuvMatrix& matrix, bool full_range) {
  // Chroma of limited range spans 224 levels, of full range 255.
  const auto scaled = [&](std::int64_t coefficient) {
    return full_range ? coefficient * 224 / 255 : coefficient;
  };
  luma_ = in_8192ths(full_range ? 65536 : 65536 * 255 / 219);
  black_ = full_range ? 0 : 8 * 16;
  red_v_ = in_8192ths(scaled(matrix.red_v));
  blue_u_ = in_8192ths(scaled(matrix.blue_u));
  green_u_ = in_8192ths(-scaled(matrix.green_u));
  green_v_ = in_8192ths(-scaled(matrix.green_v));
}

RgbImage YuvToRgb::convert(const PlanarYuv& picture, int width, int height) const {
  RgbImage image(width, height);
  for (int row = 0; row < height; ++row) {
    const int chroma_row = picture.half_chroma_rows ? row / 2 : row;
    const std::uint8_t* y = picture.planes[0] + row * picture.row_bytes[0];
    const std::uint8_t* u = picture.planes[1] + chroma_row * picture.row_bytes[1];
    const std::uint8_t* v = picture.planes[2] + chroma_row * picture.row_bytes[2];
    std::uint8_t* rgb = image.row(row);
    for (int column = 0; column < width; ++column, rgb += 3) {
      const int luma = product(8 * y[column] - black_, luma_);
      const int blue_difference = 8 * (u[column / 2] - 128);
      const int red_difference = 8 * (v[column / 2] - 128);
      rgb[0] = to_byte(luma + product(red_difference, red_v_));
      rgb[1] =
          to_byte(luma + product(blue_difference, green_u_) + product(red_difference, green_v_));
      rgb[2] = to_byte(luma + product(blue_difference, blue_u_));
    }
  }
  return image;
}

}  // namespace cox::video
