#pragma once

#include "engine/video/image.h"

namespace cox::video {

enum class ResizeFilter { kBilinear, kBicubic, kLanczos };

/// The order of the two passes, which changes pixels because each pass rounds to 8 bits.
enum class PilOrder {
  kV12,  ///< Pillow up to 12.x: always horizontal first
  kV13   ///< Pillow 13.0: vertical first when the picture shrinks mostly in height
};

/// Resizes as Pillow's Image.resize does on RGB, byte for byte and on every machine: the kernel
/// widens with the down-scale factor, weights have 22 fractional bits, 8-bit rounding between
/// passes. The result has the requested size, which must be positive. Copies the image if the size
/// is unchanged.
RgbImage resize(const RgbImage& image, int width, int height, ResizeFilter filter, PilOrder order);

/// How a picture with another aspect ratio is fitted to the requested size.
enum class Fit {
  kStretch,  ///< each side is scaled by itself; circles become ellipses
  kCrop,     ///< the largest centered part with the requested aspect ratio, scaled
  kPad       ///< the whole picture, scaled, centered on black
};

/// Resizes by `fit`. kCrop cuts to whole pixels, a side rounded half to even, and then resizes as
/// Pillow's Image.crop and Image.resize do; kPad does what Pillow's ImageOps.pad does. Byte for
/// byte, as resize().
RgbImage resize_to_fit(const RgbImage& image, int width, int height, Fit fit, ResizeFilter filter,
                       PilOrder order);

}  // namespace cox::video
