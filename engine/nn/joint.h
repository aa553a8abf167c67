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

/// x + gate y, each part with its gate [B, 1, D] fp32: engine/nn/residual.h.
at::Tensor joint_gated_residual(const at::Tensor& x, const at::Tensor& text_gate,
                                const at::Tensor& latent_gate, const at::Tensor& y,
                                int64_t text_tokens);

}  // namespace cox::engine
