#pragma once

#include <ATen/core/Tensor.h>

namespace cox::engine {

/// Converts [F, 3, H, W] in [0, 1] to the levels 0 to 255 that a file would store, as fp32.
at::Tensor levels(const at::Tensor& frames);

/// Returns levels(), resized by Pillow's bilinear filter until the shorter side has `side` pixels,
/// then cropped to the central side x side pixels: [F, 3, side, side] fp32, whole numbers. Equals
/// torchvision's Resize and CenterCrop on Pillow images.
at::Tensor centered_levels(const at::Tensor& frames, int side);

enum class Interpolation { kBilinear, kBicubic };

/// Returns levels(), resized without antialiasing until the shorter side has `side` pixels and
/// rounded to levels again: torchvision's Resize(side, antialias=False) as in VBench, but in double
/// precision instead of fp32, so that every processor gives the same levels.
at::Tensor resized_levels(const at::Tensor& frames, std::int64_t side, Interpolation filter);

/// Returns levels(), resized in the same way until the longer side has at most `longest` pixels.
at::Tensor shrunk_levels(const at::Tensor& frames, std::int64_t longest);

/// Returns the central side x side pixels of [F, 3, H, W], as torchvision's CenterCrop.
at::Tensor center(const at::Tensor& frames, std::int64_t side);

}  // namespace cox::engine
