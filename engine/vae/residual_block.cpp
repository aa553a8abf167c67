#include "engine/vae/residual_block.h"

#include "engine/tensors/torch.h"

namespace cox::engine {

ResidualBlock::ResidualBlock(const VaeBuild& build, std::int64_t in, std::int64_t out)
    : norm1_(build.at("norm1"), in, 3),
      conv1_(build.at("conv1"), in, out),
      norm2_(build.at("norm2"), out, 3),
      conv2_(build.at("conv2"), out, out) {
  if (in != out) shortcut_.emplace(build.at("conv_shortcut"), in, out);
}

at::Tensor ResidualBlock::forward(const at::Tensor& frames, FeatureCache& cache) const {
  const at::Tensor kept = shortcut_ ? shortcut_->forward(frames) : frames;
  at::Tensor x = conv1_.forward(at::silu(norm1_.forward(frames)), cache);
  x = conv2_.forward(at::silu(norm2_.forward(x)), cache);
  return x.add_(kept);
}

}  // namespace cox::engine
