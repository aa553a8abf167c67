#include "engine/nn/joint.h"

#include "engine/nn/formulas.h"
#include "engine/nn/kernels.h"
#include "engine/nn/norm.h"
#include "engine/nn/residual.h"
#include "engine/tensors/gradient.h"
#include "engine/tensors/precision.h"
#include "engine/tensors/torch.h"

namespace cox::engine {

JointTokens split_joint(const at::Tensor& x, int64_t text_tokens) {
  return {x.narrow(1, 0, text_tokens), x.narrow(1, text_tokens, x.size(1) - text_tokens)};
}

at::Tensor join(const JointTokens& parts) { return at::cat({parts.text, parts.latents}, 1); }

at::Tensor joint_modulated_affine_norm(const at::Tensor& x, const at::Tensor& gain,
                                       const at::Tensor& bias, const JointModulation& modulation,
                                       double eps, int64_t text_tokens) {
  const auto& [text_shift, text_scale, latent_shift, latent_scale] = modulation;
  if (runs_fused(x) &&
      !needs_gradient({x, gain, bias, text_shift, text_scale, latent_shift, latent_scale})) {
    const at::Tensor factor = at::cat({text_scale, latent_scale}, 1) + 1;
    const at::Tensor shift = at::cat({text_shift, latent_shift}, 1);
    return fused::run_norm(x, to_fp32(bias) * factor + shift, to_fp32(gain) * factor, /*added=*/0,
                           eps, text_tokens)
        .y;
  }
  const JointTokens tokens = split_joint(x, text_tokens);
  return join({modulated_affine_norm(tokens.text, gain, bias, text_shift, text_scale, eps),
               modulated_affine_norm(tokens.latents, gain, bias, latent_shift, latent_scale, eps)});
}

at::Tensor joint_gated_residual(const at::Tensor& x, const at::Tensor& text_gate,
                                const at::Tensor& latent_gate, const at::Tensor& y,
                                int64_t text_tokens) {
  if (runs_fused(x) && !needs_gradient({x, text_gate, latent_gate, y})) {
    return fused::gated_residual(x, at::cat({text_gate, latent_gate}, 1), y, text_tokens);
  }
  const JointTokens from = split_joint(x, text_tokens), to = split_joint(y, text_tokens);
  return join({gated_residual(from.text, text_gate, to.text),
               gated_residual(from.latents, latent_gate, to.latents)});
}

}  // namespace cox::engine
