#include "engine/nn/joint.h"

#include "engine/nn/residual.h"
#include "engine/tensors/torch.h"

namespace cox::engine {

JointTokens split_joint(const at::Tensor& x, int64_t text_tokens) {
  return {x.narrow(1, 0, text_tokens), x.narrow(1, text_tokens, x.size(1) - text_tokens)};
}

at::Tensor join(const JointTokens& parts) { return at::cat({parts.text, parts.latents}, 1); }

at::Tensor joint_gated_residual(const at::Tensor& x, const at::Tensor& text_gate,
                                const at::Tensor& latent_gate, const at::Tensor& y,
                                int64_t text_tokens) {
  const JointTokens from = split_joint(x, text_tokens), to = split_joint(y, text_tokens);
  return join({gated_residual(from.text, text_gate, to.text),
               gated_residual(from.latents, latent_gate, to.latents)});
}

}  // namespace cox::engine
