#pragma once

#include "engine/vae/video_vae.h"
#include "tools/parity/families.h"

namespace cox::engine {

// Code shared by the ops of several families.

/// Returns `text_states` [B, L, C] without a mask: attention covers every row.
TextStates unmasked_text(const ParityJob& job);

/// Returns the input tensor of this name, or an undefined tensor.
at::Tensor optional_tensor(const ParityJob& job, const std::string& name);

/// `pixels` -> `mean`, `logvar`.
void write_encoded(ParityJob& job, const VideoVae& vae);
/// `latents` -> `pixels`.
void write_decoded(ParityJob& job, const VideoVae& vae);
/// `latents` -> `normalized`, `denormalized`.
void write_normalized(ParityJob& job, const VideoVae& vae);

/// text_encoder/, a T5: `input_ids` -> `text_states`.
void parity_t5_encode(ParityJob& job);

/// Reads `latents` and `model_output` [steps, ...] of solver-steps; parameter `steps` is the number
/// of rows.
struct SolverInputs {
  SolverInputs(ParityJob& job, const std::string& output_name);

  int64_t steps;
  at::Tensor latents;
  at::Tensor outputs;
};

/// Checks another input of solver-steps, which has one row for each step.
at::Tensor per_step_tensor(ParityJob& job, const SolverInputs& inputs, const std::string& name);

}  // namespace cox::engine
