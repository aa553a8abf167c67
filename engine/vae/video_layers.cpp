#include "engine/vae/video_layers.h"

#include <ATen/ops/conv3d.h>
#include <ATen/ops/group_norm.h>

#include "engine/tensors/torch.h"

namespace cox::engine {

GroupNorm3d::GroupNorm3d(const VaeBuild& build, std::int64_t channels, std::int64_t groups,
                         double epsilon)
    : weight_(build.take("weight", {channels})),
      bias_(build.take("bias", {channels})),
      groups_(groups),
      epsilon_(epsilon) {}

at::Tensor GroupNorm3d::forward(const at::Tensor& x) const {
  return at::group_norm(x, groups_, weight_, bias_, epsilon_);
}

Conv3d::Conv3d(const VaeBuild& build, std::int64_t in, std::int64_t out, std::int64_t size)
    : weight_(build.take("weight", {out, in, size, size, size})),
      bias_(build.take("bias", {out})) {}

at::Tensor Conv3d::forward(const at::Tensor& x, std::int64_t padding) const {
  return at::conv3d(x, weight_, bias_, /*stride=*/1, {0, padding, padding});
}

at::Tensor Conv3d::strided(const at::Tensor& x, at::IntArrayRef stride) const {
  return at::conv3d(x, weight_, bias_, stride);
}

at::Tensor repeat_nearest(const at::Tensor& x, at::IntArrayRef factor) {
  const auto s = x.sizes();
  return x.unsqueeze(3)
      .unsqueeze(5)
      .unsqueeze(7)
      .expand({s[0], s[1], s[2], factor[0], s[3], factor[1], s[4], factor[2]})
      .reshape({s[0], s[1], s[2] * factor[0], s[3] * factor[1], s[4] * factor[2]});
}

}  // namespace cox::engine
