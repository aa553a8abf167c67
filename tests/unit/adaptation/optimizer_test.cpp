#include "engine/adaptation/optimizer.h"

#include "support.h"

using namespace cox;
using namespace cox::engine;
using namespace cox::engine::test;

namespace {

TrainedTensor tensor_of(const at::Tensor& values) {
  values.set_requires_grad(true);
  return {"x", values, values, {}};
}

}  // namespace

TEST_CASE("warm-up rises linearly over W steps to the full rate") {
  OptimizerSettings settings;
  settings.lr = 0.3;
  settings.warmup_steps = 3;
  CHECK(warmed_up_rate(settings, 0) == Approx(0.1));
  CHECK(warmed_up_rate(settings, 1) == Approx(0.2));
  CHECK(warmed_up_rate(settings, 2) == Approx(0.3));
  CHECK(warmed_up_rate(settings, 3) == 0.3);
}

TEST_CASE("the first AdamW step moves each component by the rate, whatever its gradient") {
  const TrainedTensor x = tensor_of(at::zeros({3}));
  const auto optimizer = make_optimizer({"adamw", 0.01, 0.9, 0.999, 1e-15, 0.01, 1e9, 0}, {{{x}}});
  x.leaf.mutable_grad() = at::arange(1, 4).to(at::kFloat) * 1e-3;
  optimizer->step();
  CHECK(at::allclose(x.value.detach(), at::full({3}, -0.01)));
}

TEST_CASE("SGD adds weight decay to the clipped gradient") {
  const TrainedTensor x = tensor_of(at::full({4}, 2.0));
  const auto optimizer = make_optimizer({"sgd", 0.1, 0.9, 0.999, 1e-8, 0.01, 1.0, 0}, {{{x}}});
  x.leaf.mutable_grad() = at::full({4}, 3.0);
  CHECK(optimizer->step().front() == Approx(6.0));
  CHECK(at::allclose(x.value.detach(), at::full({4}, 2.0 - 0.1 * (3.0 / 6.0 + 0.02))));
}

TEST_CASE("groups are clipped on their own") {
  const TrainedTensor x = tensor_of(at::zeros({1}));
  const TrainedTensor y = tensor_of(at::zeros({1}));
  const auto optimizer = make_optimizer({"sgd", 1.0, 0.9, 0.999, 1e-8, 0, 1.0, 0}, {{{x}}, {{y}}});
  x.leaf.mutable_grad() = at::full({1}, 10.0);
  y.leaf.mutable_grad() = at::full({1}, 0.5);
  optimizer->step();
  CHECK(x.value.item<double>() == Approx(-1.0));
  CHECK(y.value.item<double>() == Approx(-0.5));
}

TEST_CASE("a gradient that is not finite changes nothing") {
  const TrainedTensor x = tensor_of(at::zeros({1}));
  const auto optimizer = make_optimizer({"sgd", 1.0, 0.9, 0.999, 1e-8, 0, 1.0, 0}, {{{x}}});
  x.leaf.mutable_grad() = at::full({1}, std::numeric_limits<double>::quiet_NaN());
  CHECK(std::isnan(optimizer->step().front()));
  CHECK(x.value.item<double>() == 0);
}
