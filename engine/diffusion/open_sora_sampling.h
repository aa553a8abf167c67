#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <vector>

#include "engine/diffusion/noise_rule.h"

namespace cox::engine {

// Noise levels, guidance and steps of Open-Sora v2.0. Source: opensora/utils/sampling.py of
// hpcaitech/Open-Sora.

/// The model's times are so many times t.
inline constexpr double kOpenSoraTimes = 1000;

/// x = (1 - t) clean + (1 - (1 - 1e-5)(1 - t)) noise on all frames at time 1000 t, whose raw output
/// approximates (1 - 1e-5) noise - clean. t [B] in 0..1.
NoisedLatents open_sora_noised(const at::Tensor& clean, const at::Tensor& noise,
                               const at::Tensor& t);

/// Returns the shift of times towards 1, from the tokens of a latent frame and the latent frames.
double open_sora_shift(std::int64_t frame_tokens, std::int64_t latent_frames);

/// Returns steps + 1 shifted times from 1 to 0.
std::vector<double> open_sora_times(std::int64_t steps, double shift);

struct OpenSoraGuidance {
  double text = 7.5;
  double image = 3.0;
  bool oscillates = false;          ///< both scales are 1 in odd steps from the tenth on
  bool oscillates_in_time = false;  ///< the scale of the image grows along the latent frames
};

/// Raw outputs at the same latents [B, C, T, H, W].
struct OpenSoraBranches {
  at::Tensor prompt;          ///< with text and condition
  at::Tensor without_prompt;  ///< only the condition
  at::Tensor without_both;
};

/// Returns the guided output of step `index` of `steps`.
at::Tensor guide_open_sora(const OpenSoraBranches& branches, const OpenSoraGuidance& guidance,
                           std::int64_t index, std::int64_t steps);

}  // namespace cox::engine
