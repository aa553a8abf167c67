#include "support.h"

using namespace cox;
using namespace cox::engine;
using namespace cox::engine::test;

namespace {

/// raw - target of the bench's fixed question, averaged over all but channels.
at::Tensor mean_residual(const Bench& bench) {
  const at::Tensor clean = bench.latents.narrow(2, bench.split.context, bench.split.train);
  const at::Tensor noise = bench.random.stream(Purpose::kRandomModel, 2).normal(clean.sizes());
  BackboneInput input;
  input.latents =
      at::cat({bench.latents.narrow(2, 0, bench.split.context), noised(clean, noise, 0.4)}, 2);
  input.timestep = denoising_timesteps(bench.split.context, input.latents.size(2), 0.4, clean);
  input.text = bench.text;
  input.condition_latent_frames = bench.split.context;
  const at::Tensor output = bench.backbone.forward(input, bench.adaptation->adapter());
  return (output.narrow(2, bench.split.context, bench.split.train) - (clean - noise))
      .mean({0, 2, 3, 4});
}

}  // namespace

TEST_CASE("obc trains one number for each latent channel") { CHECK(trained_values("obc") == 16); }

TEST_CASE("the gradient of the bias is two sixteenths of the mean residual") {
  Bench bench("obc");
  const at::Tensor residual = mean_residual(bench);
  bench.loss().backward();
  const at::Tensor gradient = bench.adaptation->groups()[0].tensors[0].leaf.grad();
  CHECK(at::allclose(gradient, residual * (2.0 / 16), 1e-4, 1e-6));
}

TEST_CASE("minus the mean residual is the best bias in closed form") {
  Bench bench("obc");
  const at::Tensor best = -mean_residual(bench).detach();
  const double before = bench.loss().item<double>();
  {
    const at::NoGradGuard no_grad;
    bench.adaptation->groups()[0].tensors[0].value.copy_(best);
  }
  const double after = bench.loss().item<double>();
  CHECK(after < before);
  CHECK(before - after == Approx(best.square().mean().item<double>()).epsilon(1e-4));
  CHECK(mean_residual(bench).abs().max().item<double>() < 1e-5);
}
