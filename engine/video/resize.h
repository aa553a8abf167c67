#pragma once

#include "engine/video/image.h"

namespace cox::video {

enum class ResizeFilter { kBilinear, kBicubic, kLanczos };

/// In which order the two passes run, which changes pixels because each rounds to 8 bits.
enum class PilOrder {
  kV12,  ///< Pillow up to 12.x: always horizontal first
  kV13   ///< Pillow 13.0: vertical first when the picture shrinks mostly in height
};

/// Resizes as Pillow's Image.resize does on RGB, byte for byte and on every machine: the kernel
/// widens with the down-scale factor, weights have 22 fractional bits, 8-bit rounding between
/// passes. The result has the asked size, which must be positive. Equal size copies.
RgbImage resize(const RgbImage& image, int width, int height, ResizeFilter filter, PilOrder order);

}  // namespace cox::video
