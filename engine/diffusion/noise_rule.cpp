#include "engine/diffusion/noise_rule.h"

#include <fmt/format.h>

#include <stdexcept>

#include "engine/tensors/precision.h"
#include "engine/tensors/shape.h"
#include "engine/tensors/torch.h"

namespace cox::engine {

namespace {

constexpr double kTimePerSigma = 1000;

}  // namespace

at::Tensor mean_square_from(const at::Tensor& output, const at::Tensor& target, int64_t first) {
  const int64_t frames = target.size(2);
  if (first < 0 || first >= frames) {
    throw std::invalid_argument(fmt::format(
        "loss: expected 0 to {} frames to exclude of {}, got {}", frames - 1, frames, first));
  }
  const at::Tensor difference = to_fp32(output) - target;
  return difference.narrow(2, first, frames - first).square().mean();
}

NoisedLatents flow_noised(const at::Tensor& clean, const at::Tensor& noise,
                          const at::Tensor& sigma) {
  check_shape(clean, {kAny, kAny, kAny, kAny, kAny}, "clean");
  check_shape(noise, clean.sizes(), "noise");
  check_shape(sigma, {clean.size(0)}, "sigma");
  const at::Tensor s = sigma.view({-1, 1, 1, 1, 1});
  return {(1 - s) * clean + s * noise, (sigma * kTimePerSigma).unsqueeze(1), noise - clean};
}

NoisedLatents flow_noised_after(const at::Tensor& clean, const at::Tensor& noise,
                                const at::Tensor& sigma) {
  check_shape(clean, {kAny, kAny, kAny, kAny, kAny}, "clean");
  check_shape(noise, {clean.size(0), clean.size(1), kAny, clean.size(3), clean.size(4)}, "noise");
  const int64_t frames = clean.size(2), noisy = noise.size(2), kept = frames - noisy;
  if (noisy < 1 || kept < 0) {
    throw std::invalid_argument(
        fmt::format("noise: expected 1 to {} latent frames, got {}", frames, noisy));
  }
  const at::Tensor prefix = clean.narrow(2, 0, kept);
  const NoisedLatents rest = flow_noised(clean.narrow(2, kept, noisy), noise, sigma);
  const at::Tensor zeros = at::zeros({clean.size(0), kept}, rest.timestep.options());
  return {at::cat({prefix, rest.latents}, 2),
          at::cat({zeros, rest.timestep.expand({-1, noisy})}, 1),
          at::cat({at::zeros_like(prefix), rest.target}, 2)};
}

}  // namespace cox::engine
