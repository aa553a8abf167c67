#include "engine/vae/causal_conv3d.h"

#include <ATen/ops/conv2d.h>

#include "engine/tensors/torch.h"

namespace cox::engine {
namespace {

constexpr std::int64_t kTaps = 3;
constexpr std::int64_t kChannels = 4;

/// Returns `frames` after the last two frames of the previous chunk, and keeps its own last two in
/// the slot for the next.
at::Tensor with_history(const at::Tensor& frames, at::Tensor& slot) {
  const auto size = frames.sizes();
  const at::Tensor history =
      slot.defined() ? slot
                     : at::zeros({size[0], kTaps - 1, size[2], size[3], size[4]}, frames.options());
  const at::Tensor seen = at::cat({history, frames}, kTimeAxis);
  slot = seen.narrow(kTimeAxis, seen.size(kTimeAxis) - (kTaps - 1), kTaps - 1).clone();
  return seen;
}

/// Stacks the three input frames of every output frame along the channels, oldest first.
at::Tensor stack_taps(const at::Tensor& seen, std::int64_t stride) {
  const std::int64_t last = seen.size(kTimeAxis) - kTaps + 1;
  std::vector<at::Tensor> taps;
  for (std::int64_t tap = 0; tap < kTaps; ++tap) {
    taps.push_back(seen.slice(kTimeAxis, tap, tap + last, stride));
  }
  return at::cat(taps, kChannels);
}

/// [out, in, 3, ...] -> [out, 3, in, ...]: the order of stack_taps.
at::Tensor taps_before_channels(const at::Tensor& weight) { return weight.transpose(1, 2); }

at::Tensor time_weight(const VaeBuild& build, std::int64_t in, std::int64_t out) {
  return taps_before_channels(build.take("weight", {out, in, kTaps, 1, 1}))
      .reshape({out, kTaps * in});
}

}  // namespace

at::Tensor frames_as_images(const at::Tensor& frames) {
  return frames.flatten(0, 1).permute({0, 3, 1, 2});
}

at::Tensor images_as_frames(const at::Tensor& images, std::int64_t batch) {
  return images.permute({0, 2, 3, 1}).contiguous().unflatten(0, {batch, -1});
}

CausalConv3d::CausalConv3d(const VaeBuild& build, std::int64_t in, std::int64_t out)
    : weight_(taps_before_channels(build.take("weight", {out, in, kTaps, 3, 3}))
                  .reshape({out, kTaps * in, 3, 3})
                  .contiguous(at::MemoryFormat::ChannelsLast)),
      bias_(build.take("bias", {out})),
      slot_(build.slots.next()) {}

at::Tensor CausalConv3d::forward(const at::Tensor& frames, FeatureCache& cache) const {
  const at::Tensor stacked = stack_taps(with_history(frames, cache.slot(slot_)), 1);
  const at::Tensor images =
      at::conv2d(frames_as_images(stacked), weight_, bias_, /*stride=*/1, /*padding=*/1);
  return images_as_frames(images, frames.size(0));
}

CausalTimeConv::CausalTimeConv(const VaeBuild& build, std::int64_t in, std::int64_t out)
    : weight_(time_weight(build, in, out)),
      bias_(build.take("bias", {out})),
      slot_(build.slots.next()) {}

at::Tensor CausalTimeConv::forward(const at::Tensor& frames, FeatureCache& cache) const {
  return at::linear(stack_taps(with_history(frames, cache.slot(slot_)), 1), weight_, bias_);
}

HalvingTimeConv::HalvingTimeConv(const VaeBuild& build, std::int64_t channels)
    : weight_(time_weight(build, channels, channels)),
      bias_(build.take("bias", {channels})),
      slot_(build.slots.next()) {}

at::Tensor HalvingTimeConv::forward(const at::Tensor& frames, FeatureCache& cache) const {
  at::Tensor& slot = cache.slot(slot_);
  const at::Tensor before = slot;
  slot = frames.narrow(kTimeAxis, frames.size(kTimeAxis) - 1, 1).clone();
  if (cache.in_first_chunk()) return frames;
  return at::linear(stack_taps(at::cat({before, frames}, kTimeAxis), 2), weight_, bias_);
}

PointConv3d::PointConv3d(const VaeBuild& build, std::int64_t in, std::int64_t out)
    : weight_(build.take("weight", {out, in, 1, 1, 1}).reshape({out, in})),
      bias_(build.take("bias", {out})) {}

at::Tensor PointConv3d::forward(const at::Tensor& frames) const {
  return at::linear(frames, weight_, bias_);
}

}  // namespace cox::engine
