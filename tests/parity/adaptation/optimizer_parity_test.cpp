#include "engine/adaptation/optimizer.h"

#include "engine/checkpoint/safetensors.h"
#include "tests/support/torch_catch.h"

using namespace cox;
using namespace cox::engine;

namespace {

const std::string kFixture =
    std::string(COX_SOURCE_DIR) + "/tests/parity/fixtures/adaptation/optimizers.safetensors";

/// Largest relative error of the values after any step.
double worst_error(const std::string& run, const std::string& optimizer) {
  const Checkpoint fixture = Checkpoint::open(kFixture);
  const auto stored = [&](const std::string& name) { return fixture.load(run + "." + name); };
  const at::Tensor settings = stored("settings");
  const auto setting = [&](int64_t index) { return settings[index].item<double>(); };
  const at::Tensor value = stored("start").clone().set_requires_grad(true);
  const auto trained =
      make_optimizer({optimizer, setting(0), 0.9, 0.999, setting(1), setting(2), setting(3), 0},
                     {{{{"value", value, value, {}}}}});
  const at::Tensor gradients = stored("grads");
  const at::Tensor values = stored("values");
  const at::Tensor norms = stored("norms");
  double worst = 0;
  for (int64_t step = 0; step < gradients.size(0); ++step) {
    value.mutable_grad() = gradients[step].to(value.scalar_type());
    CHECK(trained->step().front() == Approx(norms[step].item<double>()).epsilon(1e-2));
    worst = std::max(worst, relative_error(value.detach(), values[step]));
  }
  return worst;
}

}  // namespace

TEST_CASE("AdamW equals torch.optim step by step, clipped on some steps only") {
  CHECK(worst_error("adamw", "adamw") < 1e-6);
  CHECK(worst_error("adamw_small", "adamw") < 1e-6);
}

TEST_CASE("bf16 values follow torch.optim's bf16 arithmetic") {
  CHECK(worst_error("adamw_bf16", "adamw") < 1e-3);
}

TEST_CASE("SGD with coupled weight decay equals torch.optim step by step") {
  CHECK(worst_error("sgd", "sgd") < 1e-6);
}

TEST_CASE("SGD with momentum equals torch.optim step by step") {
  const Checkpoint fixture =
      Checkpoint::open(COX_SOURCE_DIR "/tests/parity/fixtures/adaptation/momentum.safetensors");
  const at::Tensor value = fixture.load("sgd.start").clone().set_requires_grad(true);
  OptimizerSettings settings{.name = "sgd", .lr = 0.1};
  settings.weight_decay = 0.01;
  settings.max_grad_norm = 1;
  settings.momentum = 0.9;
  const auto optimizer = make_optimizer(settings, {{{{"value", value, value, {}}}}});
  const at::Tensor gradients = fixture.load("sgd.grads");
  const at::Tensor values = fixture.load("sgd.values");
  for (int64_t step = 0; step < gradients.size(0); ++step) {
    value.mutable_grad() = gradients[step].clone();
    optimizer->step();
    CHECK(relative_error(value.detach(), values[step]) < 1e-6);
  }
}
