#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>

#include "engine/diffusion/cogvideox_schedule.h"

namespace cox::engine {

// Sampling steps of CogVideoX. `output` is the guided raw output at the latents `x`, both in fp32.

/// DDIM without noise: deterministic. Source: CogVideoXDDIMScheduler of huggingface/diffusers.
class CogVideoXDdim {
 public:
  CogVideoXDdim(const CogVideoXSchedule& schedule, std::int64_t steps);
  at::Tensor step(std::int64_t index, const at::Tensor& x, const at::Tensor& output) const;
  const std::vector<std::int64_t>& times() const { return times_; }

 private:
  const CogVideoXSchedule& schedule_;
  std::int64_t steps_;
  std::vector<std::int64_t> times_;
};

/// DPM-Solver++ of second order for the stochastic equation: draws noise in every step and
/// keeps the clean latents of the previous step. Source: CogVideoXDPMScheduler of
/// huggingface/diffusers. One object serves one sample, with its steps in order.
class CogVideoXDpm {
 public:
  CogVideoXDpm(const CogVideoXSchedule& schedule, std::int64_t steps);
  at::Tensor step(std::int64_t index, const at::Tensor& x, const at::Tensor& output,
                  const at::Tensor& noise);
  const std::vector<std::int64_t>& times() const { return times_; }

 private:
  const CogVideoXSchedule& schedule_;
  std::int64_t steps_;
  std::vector<std::int64_t> times_;
  at::Tensor clean_before_;
};

}  // namespace cox::engine
