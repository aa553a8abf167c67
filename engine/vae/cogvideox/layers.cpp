#include "engine/vae/cogvideox/layers.h"

#include <ATen/ops/constant_pad_nd.h>
#include <ATen/ops/conv2d.h>
#include <ATen/ops/upsample_nearest3d.h>

#include "engine/tensors/torch.h"

namespace cox::engine::cogvideox_vae {
namespace {

constexpr std::int64_t kHistory = 2;  ///< earlier frames that a convolution reads

/// Resizes the latents to the resolution of `x`. With an odd frame count the first is separate.
at::Tensor resized_to(const at::Tensor& latents, const at::Tensor& x) {
  const std::int64_t frames = x.size(kTime), rows = x.size(3), columns = x.size(4);
  const auto resized = [&](const at::Tensor& part, std::int64_t count) {
    return at::upsample_nearest3d(part.contiguous(), {count, rows, columns});
  };
  if (frames == 1 || frames % 2 == 0) return resized(latents, frames);
  const at::Tensor rest = latents.narrow(kTime, 1, latents.size(kTime) - 1);
  return at::cat({resized(latents.narrow(kTime, 0, 1), 1), resized(rest, frames - 1)}, kTime);
}

/// Applies a function of images [B T, C, H, W] to a video.
template <typename Function>
at::Tensor by_frame(const at::Tensor& x, const Function& function) {
  const at::Tensor images = function(x.transpose(1, kTime).flatten(0, 1));
  return images.unflatten(0, {x.size(0), -1}).transpose(1, kTime);
}

/// Averages adjacent frames; the count must be even.
at::Tensor pair_means(const at::Tensor& x) { return x.unflatten(kTime, {-1, 2}).mean(kTime + 1); }

at::Tensor halve_time(const at::Tensor& x) {
  const std::int64_t frames = x.size(kTime);
  if (frames % 2 == 0) return pair_means(x);
  if (frames == 1) return x;
  return at::cat({x.narrow(kTime, 0, 1), pair_means(x.narrow(kTime, 1, frames - 1))}, kTime);
}

at::Tensor double_all(const at::Tensor& x, bool temporal) {
  const std::int64_t frames = x.size(kTime);
  if (!temporal || frames == 1) return repeat_nearest(x, {1, 2, 2});
  if (frames % 2 == 0) return repeat_nearest(x, {2, 2, 2});
  return at::cat({repeat_nearest(x.narrow(kTime, 0, 1), {1, 2, 2}),
                  repeat_nearest(x.narrow(kTime, 1, frames - 1), {2, 2, 2})},
                 kTime);
}

std::optional<Conv3d> shortcut_of(const VaeBuild& build, std::int64_t in, std::int64_t out) {
  if (in == out) return std::nullopt;
  return Conv3d(build.at("conv_shortcut"), in, out, 1);
}

}  // namespace

CausalConv::CausalConv(const VaeBuild& build, std::int64_t in, std::int64_t out)
    : conv_(build.at("conv"), in, out, 3), slot_(build.slots.next()) {}

at::Tensor CausalConv::forward(const at::Tensor& x, FeatureCache& cache) const {
  at::Tensor& history = cache.slot(slot_);
  const at::Tensor first = x.narrow(kTime, 0, 1);
  const at::Tensor seen =
      history.defined() ? at::cat({history, x}, kTime) : at::cat({first, first, x}, kTime);
  history = seen.narrow(kTime, seen.size(kTime) - kHistory, kHistory).clone();
  return conv_.forward(seen, /*padding=*/1);
}

SpatialNorm::SpatialNorm(const VaeBuild& build, std::int64_t channels,
                         const CogVideoXVaeConfig& config)
    : norm_(build.at("norm_layer"), channels, config.groups, kEpsilon),
      scale_(build.at("conv_y.conv"), config.latent_channels, channels, 1),
      shift_(build.at("conv_b.conv"), config.latent_channels, channels, 1) {}

at::Tensor SpatialNorm::forward(const at::Tensor& x, const at::Tensor& latents) const {
  const at::Tensor there = resized_to(latents, x);
  return norm_.forward(x) * scale_.forward(there) + shift_.forward(there);
}

EncoderBlock::EncoderBlock(const VaeBuild& build, std::int64_t in, std::int64_t out,
                           const CogVideoXVaeConfig& config)
    : norm1_(build.at("norm1"), in, config.groups, config.norm_epsilon),
      conv1_(build.at("conv1"), in, out),
      norm2_(build.at("norm2"), out, config.groups, config.norm_epsilon),
      conv2_(build.at("conv2"), out, out),
      shortcut_(shortcut_of(build, in, out)) {}

at::Tensor EncoderBlock::forward(const at::Tensor& x, FeatureCache& cache) const {
  const at::Tensor kept = shortcut_ ? shortcut_->forward(x) : x;
  const at::Tensor y = conv1_.forward(at::silu(norm1_.forward(x)), cache);
  return conv2_.forward(at::silu(norm2_.forward(y)), cache).add_(kept);
}

DecoderBlock::DecoderBlock(const VaeBuild& build, std::int64_t in, std::int64_t out,
                           const CogVideoXVaeConfig& config)
    : norm1_(build.at("norm1"), in, config),
      conv1_(build.at("conv1"), in, out),
      norm2_(build.at("norm2"), out, config),
      conv2_(build.at("conv2"), out, out),
      shortcut_(shortcut_of(build, in, out)) {}

at::Tensor DecoderBlock::forward(const at::Tensor& x, const at::Tensor& latents,
                                 FeatureCache& cache) const {
  const at::Tensor kept = shortcut_ ? shortcut_->forward(x) : x;
  const at::Tensor y = conv1_.forward(at::silu(norm1_.forward(x, latents)), cache);
  return conv2_.forward(at::silu(norm2_.forward(y, latents)), cache).add_(kept);
}

Resample::Resample(const VaeBuild& build, std::int64_t channels, bool temporal)
    : weight_(build.take("conv.weight", {channels, channels, 3, 3})),
      bias_(build.take("conv.bias", {channels})),
      temporal_(temporal) {}

at::Tensor Resample::down(const at::Tensor& x) const {
  return by_frame(temporal_ ? halve_time(x) : x, [this](const at::Tensor& images) {
    // One column of zeros on the right, one row below.
    return at::conv2d(at::constant_pad_nd(images, {0, 1, 0, 1}), weight_, bias_, /*stride=*/2);
  });
}

at::Tensor Resample::up(const at::Tensor& x) const {
  return by_frame(double_all(x, temporal_), [this](const at::Tensor& images) {
    return at::conv2d(images, weight_, bias_, /*stride=*/1, /*padding=*/1);
  });
}

}  // namespace cox::engine::cogvideox_vae
