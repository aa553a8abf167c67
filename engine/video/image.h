#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

namespace cox::video {

/// One picture: RGB, 8 bits a channel, rows from the top, [height][width][3] without padding.
struct RgbImage {
  int width = 0;
  int height = 0;
  std::vector<std::uint8_t> pixels;

  RgbImage() = default;
  RgbImage(int image_width, int image_height)
      : width(image_width),
        height(image_height),
        pixels(static_cast<std::size_t>(image_width) * static_cast<std::size_t>(image_height) * 3) {
  }

  std::uint8_t* row(int y) { return pixels.data() + row_bytes() * static_cast<std::size_t>(y); }
  const std::uint8_t* row(int y) const {
    return pixels.data() + row_bytes() * static_cast<std::size_t>(y);
  }
  std::size_t row_bytes() const { return static_cast<std::size_t>(width) * 3; }

  bool operator==(const RgbImage&) const = default;
};

/// Frames per second as a fraction; 0/1 when unknown.
struct FrameRate {
  int numerator = 0;
  int denominator = 1;
  double value() const { return static_cast<double>(numerator) / denominator; }

  bool operator==(const FrameRate&) const = default;
};

}  // namespace cox::video
