#pragma once

#include <ATen/core/Tensor.h>

namespace cox::engine {

/// [F, 3, H, W] in [0, 1] to the levels 0 to 255 that a file would have, as fp32.
at::Tensor levels(const at::Tensor& frames);

/// levels(), resized by Pillow's bilinear filter until the shorter side has `side` pixels, and the
/// center of side x side pixels cut out: [F, 3, side, side] fp32, whole numbers. As torchvision's
/// Resize and CenterCrop do with Pillow pictures.
at::Tensor centered_levels(const at::Tensor& frames, int side);

enum class Interpolation { kBilinear, kBicubic };

/// levels(), resized without antialiasing until the shorter side has `side` pixels, and rounded to
/// levels again: torchvision's Resize(side, antialias=False), as VBench has it, in double precision
/// where VBench has fp32. So every processor gives the same levels.
at::Tensor resized_levels(const at::Tensor& frames, std::int64_t side, Interpolation filter);

/// levels(), resized likewise until the longer side has at most `longest` pixels.
at::Tensor shrunk_levels(const at::Tensor& frames, std::int64_t longest);

/// The center of side x side pixels of [F, 3, H, W], as torchvision's CenterCrop.
at::Tensor center(const at::Tensor& frames, std::int64_t side);

}  // namespace cox::engine
