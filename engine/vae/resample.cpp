#include "engine/vae/resample.h"

#include <ATen/ops/constant_pad_nd.h>
#include <ATen/ops/conv2d.h>

#include "engine/tensors/torch.h"

namespace cox::engine {
namespace {

/// Every pixel becomes a square of four.
at::Tensor double_pixels(const at::Tensor& frames) {
  const auto s = frames.sizes();
  return frames.view({s[0], s[1], s[2], 1, s[3], 1, s[4]})
      .expand({s[0], s[1], s[2], 2, s[3], 2, s[4]})
      .reshape({s[0], s[1], 2 * s[2], 2 * s[3], s[4]});
}

/// [B, T, H, W, 2C] -> [B, 2T, H, W, C]: the first half of the channels are the even frames.
at::Tensor interleave_halves(const at::Tensor& doubled) {
  return doubled.unflatten(-1, {2, -1}).permute({0, 1, 4, 2, 3, 5}).flatten(1, 2).contiguous();
}

}  // namespace

FrameConv::FrameConv(const VaeBuild& build, std::int64_t in, std::int64_t out)
    : weight_(build.take("weight", {out, in, 3, 3}).contiguous(at::MemoryFormat::ChannelsLast)),
      bias_(build.take("bias", {out})) {}

at::Tensor FrameConv::forward(const at::Tensor& images, std::int64_t stride,
                              std::int64_t padding) const {
  return at::conv2d(images, weight_, bias_, stride, padding);
}

Downsample::Downsample(const VaeBuild& build, std::int64_t channels, bool temporal)
    : spatial_(build.at("resample.1"), channels, channels) {
  if (temporal) time_.emplace(build.at("time_conv"), channels);
}

at::Tensor Downsample::forward(const at::Tensor& frames, FeatureCache& cache) const {
  // One column of zeros on the right, one row below.
  const at::Tensor padded = at::constant_pad_nd(frames, {0, 0, 0, 1, 0, 1});
  const at::Tensor halved = images_as_frames(
      spatial_.forward(frames_as_images(padded), /*stride=*/2, /*padding=*/0), frames.size(0));
  return time_ ? time_->forward(halved, cache) : halved;
}

Upsample::Upsample(const VaeBuild& build, std::int64_t in, std::int64_t out, bool temporal)
    : spatial_(build.at("resample.1"), in, out) {
  if (temporal) time_.emplace(build.at("time_conv"), in, 2 * in);
}

at::Tensor Upsample::forward(const at::Tensor& frames, FeatureCache& cache) const {
  const at::Tensor in_time =
      time_ && !cache.in_first_chunk() ? interleave_halves(time_->forward(frames, cache)) : frames;
  const at::Tensor images = frames_as_images(double_pixels(in_time));
  return images_as_frames(spatial_.forward(images, /*stride=*/1, /*padding=*/1), frames.size(0));
}

}  // namespace cox::engine
