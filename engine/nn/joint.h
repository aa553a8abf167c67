#pragma once

#include <ATen/core/Tensor.h>

namespace cox::engine {

// Text and latents in one sequence [B, text + N, D], text first, with separate shifts, scales and
// gates.

/// The two parts of a sequence, as views.
struct JointTokens {
  at::Tensor text;     ///< [B, text tokens, D]
  at::Tensor latents;  ///< [B, N, D]
};

JointTokens split_joint(const at::Tensor& x, int64_t text_tokens);
at::Tensor join(const JointTokens& parts);

/// Scales and shifts of both parts, each [B, 1, D] fp32.
struct JointModulation {
  at::Tensor text_shift, text_scale;
  at::Tensor latent_shift, latent_scale;
};

/// modulated_affine_norm of engine/nn/norm.h, each part with its shift and scale.
at::Tensor joint_modulated_affine_norm(const at::Tensor& x, const at::Tensor& gain,
                                       const at::Tensor& bias, const JointModulation& modulation,
                                       double eps, int64_t text_tokens);

/// x + gate y, each part with its gate [B, 1, D] fp32: engine/nn/residual.h.
at::Tensor joint_gated_residual(const at::Tensor& x, const at::Tensor& text_gate,
                                const at::Tensor& latent_gate, const at::Tensor& y,
                                int64_t text_tokens);

}  // namespace cox::engine
