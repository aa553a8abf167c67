#include "engine/metrics/clip_frames.h"

#include <ATen/ops/upsample_bicubic2d.h>
#include <ATen/ops/upsample_bilinear2d.h>

#include <algorithm>
#include <cmath>

#include "engine/tensors/torch.h"
#include "engine/video/resize.h"

namespace cox::engine {

namespace {

/// Bytes [H, W, 3] of one frame.
video::RgbImage picture(const at::Tensor& frame) {
  video::RgbImage image(static_cast<int>(frame.size(1)), static_cast<int>(frame.size(0)));
  const std::uint8_t* bytes = frame.const_data_ptr<std::uint8_t>();
  std::copy(bytes, bytes + frame.numel(), image.pixels.begin());
  return image;
}

video::RgbImage shrunk(const video::RgbImage& image, int side) {
  const auto longer = [&](int length, int shorter) {
    return static_cast<int>(static_cast<std::int64_t>(side) * length / shorter);
  };
  const bool wide = image.width > image.height;
  const int width = wide ? longer(image.width, image.height) : side;
  const int height = wide ? side : longer(image.height, image.width);
  return video::resize(image, width, height, video::ResizeFilter::kBilinear, video::PilOrder::kV12);
}

/// Levels are first rounded to multiples of 1 / kGrain.
constexpr double kGrain = 1 << 20;

/// Pictures resized in double precision, as whole levels in fp32; halves go to the even level. In
/// fp32, and for halves in double precision too, the processor's vector width would decide.
at::Tensor whole_levels(const at::Tensor& resized) {
  const at::Tensor grains = (resized.clamp(0, 255) * kGrain).round();
  return (grains / kGrain).round().to(at::kFloat);
}

}  // namespace

at::Tensor levels(const at::Tensor& frames) { return frames.clamp(0, 1).mul(255).round(); }

at::Tensor center(const at::Tensor& frames, std::int64_t side) {
  const auto offset = [&](std::int64_t length) {
    return static_cast<std::int64_t>(std::nearbyint(static_cast<double>(length - side) / 2));
  };
  return frames.narrow(2, offset(frames.size(2)), side).narrow(3, offset(frames.size(3)), side);
}

at::Tensor centered_levels(const at::Tensor& frames, int side) {
  const at::Tensor bytes =
      levels(frames).to(at::kCPU, at::kByte).permute({0, 2, 3, 1}).contiguous();
  std::vector<at::Tensor> resized;
  for (std::int64_t f = 0; f < bytes.size(0); ++f) {
    video::RgbImage image = shrunk(picture(bytes[f]), side);
    resized.push_back(at::from_blob(image.pixels.data(), {image.height, image.width, 3}, at::kByte)
                          .to(at::kFloat));
  }
  return center(at::stack(resized).permute({0, 3, 1, 2}), side).contiguous().to(frames.device());
}

at::Tensor resized_levels(const at::Tensor& frames, std::int64_t side, Interpolation filter) {
  const std::int64_t height = frames.size(2), width = frames.size(3);
  const std::int64_t shorter = std::min(height, width);
  // torchvision does not change pictures of this size.
  if (shorter == side) return levels(frames);
  const std::vector<std::int64_t> size = {side * height / shorter, side * width / shorter};
  const at::Tensor exact = levels(frames).to(at::kDouble);
  return whole_levels(filter == Interpolation::kBilinear
                          ? at::upsample_bilinear2d(exact, size, /*align_corners=*/false)
                          : at::upsample_bicubic2d(exact, size, /*align_corners=*/false));
}

at::Tensor shrunk_levels(const at::Tensor& frames, std::int64_t longest) {
  const std::int64_t height = frames.size(2), width = frames.size(3);
  const std::int64_t longer = std::max(height, width);
  if (longer <= longest) return levels(frames);
  const double scale = static_cast<double>(longest) / static_cast<double>(longer);
  const auto shrunk_side = [&](std::int64_t length) {
    return static_cast<std::int64_t>(scale * static_cast<double>(length));
  };
  return whole_levels(at::upsample_bilinear2d(levels(frames).to(at::kDouble),
                                              {shrunk_side(height), shrunk_side(width)},
                                              /*align_corners=*/false));
}

}  // namespace cox::engine
