#include "engine/diffusion/open_sora_sampling.h"

#include <ATen/ops/linspace.h>
#include <fmt/format.h>

#include <cmath>

#include "engine/tensors/error.h"
#include "engine/tensors/shape.h"
#include "engine/tensors/torch.h"

namespace cox::engine {
namespace {

/// The noise level at time 0.
constexpr double kLeastNoise = 1e-5;
/// Tokens per frame at which the shift of a single frame is 1 and 3.
constexpr double kFewTokens = 256, kManyTokens = 4096;
constexpr double kShiftOfFew = 1, kShiftOfMany = 3;
constexpr std::int64_t kFirstOscillation = 10;

}  // namespace

NoisedLatents open_sora_noised(const at::Tensor& clean, const at::Tensor& noise,
                               const at::Tensor& t) {
  check_shape(clean, {kAny, kAny, kAny, kAny, kAny}, "clean");
  check_shape(noise, clean.sizes(), "noise");
  check_shape(t, {clean.size(0)}, "sigma");
  const at::Tensor left = 1 - t.view({-1, 1, 1, 1, 1});
  const double share = 1 - kLeastNoise;
  return {left * clean + (1 - share * left) * noise, (t * kOpenSoraTimes).unsqueeze(1),
          share * noise - clean};
}

double open_sora_shift(std::int64_t frame_tokens, std::int64_t latent_frames) {
  const double slope = (kShiftOfMany - kShiftOfFew) / (kManyTokens - kFewTokens);
  const double of_frame = kShiftOfFew + slope * (static_cast<double>(frame_tokens) - kFewTokens);
  return of_frame * std::sqrt(static_cast<double>(latent_frames));
}

std::vector<double> open_sora_times(std::int64_t steps, double shift) {
  constexpr std::int64_t kMostSteps = 1000;
  if (steps < 1 || steps > kMostSteps) {
    throw user_error(fmt::format("steps: expected 1 to {}, got {}", kMostSteps, steps),
                     "parameter");
  }
  std::vector<double> times;
  for (std::int64_t i = 0; i <= steps; ++i) {
    const double t = 1 - static_cast<double>(i) / static_cast<double>(steps);
    times.push_back(shift * t / (1 + (shift - 1) * t));
  }
  return times;
}

at::Tensor guide_open_sora(const OpenSoraBranches& branches, const OpenSoraGuidance& guidance,
                           std::int64_t index, std::int64_t steps) {
  const bool rests = guidance.oscillates && index >= kFirstOscillation && index % 2 == 1;
  const double text = rests ? 1 : guidance.text, image = rests ? 1 : guidance.image;
  const at::Tensor by_image = branches.without_prompt - branches.without_both;
  at::Tensor added = image * by_image;
  if (image > 1 && guidance.oscillates_in_time) {
    const double largest =
        image + (1 - image) * static_cast<double>(index) / static_cast<double>(steps);
    const at::Tensor scales =
        at::linspace(1, largest, by_image.size(2), by_image.options()).view({1, 1, -1, 1, 1});
    added = scales * by_image;
  }
  return branches.without_both + added + text * (branches.prompt - branches.without_prompt);
}

}  // namespace cox::engine
