#include "engine/vae/posterior.h"

#include "engine/tensors/shape.h"
#include "engine/tensors/torch.h"

namespace cox::engine {
namespace {

constexpr double kLowestLogvar = -30;
constexpr double kHighestLogvar = 20;

}  // namespace

at::Tensor Posterior::sample(const at::Tensor& noise) const {
  check_shape(noise, mean.sizes(), "posterior noise");
  const at::Tensor deviation = (0.5 * logvar).exp();
  return mean + deviation * noise.to(mean.options());
}

Posterior split_moments(const at::Tensor& moments) {
  const auto halves = moments.chunk(2, 1);
  return {halves[0], halves[1].clamp(kLowestLogvar, kHighestLogvar)};
}

}  // namespace cox::engine
