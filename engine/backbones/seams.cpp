#include "engine/backbones/seams.h"

#include "engine/nn/joint.h"

namespace cox::engine {

at::Tensor adapted_linear_fp32(const Adapter& adapter, const Linear& layer, const at::Tensor& x) {
  return adapter.linear(layer.site, x, linear_fp32(layer, x));
}

at::Tensor run_block_output(const Adapter& adapter, int block, const at::Tensor& x,
                            int64_t text_tokens) {
  const JointTokens tokens = split_joint(x, text_tokens);
  const at::Tensor changed = adapter.block_output(block, tokens.latents);
  return changed.is_same(tokens.latents) ? x : join({tokens.text, changed});
}

}  // namespace cox::engine
