#include <cmath>

#include "engine/diffusion/flow_schedule.h"
#include "engine/diffusion/flow_solver.h"
#include "engine/diffusion/noise_rule.h"
#include "tests/support/torch_catch.h"

using namespace cox::engine;
using Catch::Matchers::Contains;

namespace {

/// With known clean latents m, the exact velocity of the flow at x is (x - m) / s.
double end_of(const std::string& solver, int64_t steps, double m) {
  const FlowSchedule schedule = make_flow_schedule(steps, 3.0);
  const auto follows = make_flow_solver(solver, schedule.sigmas);
  at::Tensor x = at::full({1}, 0.7, at::kFloat);
  for (int64_t i = 0; i < steps; ++i) {
    x = follows->step(i, x, (x - m) / schedule.sigmas[static_cast<size_t>(i)]);
  }
  return x.item<double>();
}

/// Normally distributed data with deviation c: the flow keeps x / std(s), where
/// std(s)^2 = (1 - s)^2 c^2 + s^2, and the clean latents expected at x are (1 - s) c^2 x /
/// std(s)^2.
constexpr double kDeviation = 0.5;

double deviation_at(double sigma) { return std::hypot((1 - sigma) * kDeviation, sigma); }

/// Returns a solver's distance from the end of the flow.
double normal_error(const std::string& solver, int64_t steps) {
  const FlowSchedule schedule = make_flow_schedule(steps, 1.0);
  const auto follows = make_flow_solver(solver, schedule.sigmas);
  at::Tensor x = at::ones({1});
  for (int64_t i = 0; i < steps; ++i) {
    const double sigma = schedule.sigmas[static_cast<size_t>(i)];
    const double clean = (1 - sigma) * kDeviation * kDeviation / std::pow(deviation_at(sigma), 2);
    x = follows->step(i, x, (x - clean * x) / sigma);
  }
  return std::abs(x.item<double>() - kDeviation / deviation_at(schedule.sigmas[0]));
}

}  // namespace

TEST_CASE("flow levels follow the shifted formula and end with 0") {
  const FlowSchedule schedule = make_flow_schedule(50, 5.0);
  REQUIRE(schedule.sigmas.size() == 51);
  CHECK(schedule.sigmas[0] == Approx(5 * 0.999 / (1 + 4 * 0.999)));
  CHECK(schedule.sigmas[49] == Approx(5 * 0.01998 / (1 + 4 * 0.01998)));
  CHECK(schedule.sigmas[50] == 0);
  CHECK(schedule.timesteps[0] == 999);
  CHECK_THROWS_WITH(make_flow_schedule(0, 5.0), Contains("steps"));
  CHECK_THROWS_WITH(make_flow_schedule(10, 0), Contains("shift"));
}

TEST_CASE("every flow solver reaches clean latents that are given at each step") {
  for (const std::string& solver : flow_solver_names()) {
    for (const int64_t steps : {1, 2, 3, 20}) {
      INFO(solver << " " << steps);
      CHECK(end_of(solver, steps, -0.25) == Approx(-0.25).margin(1e-5));
    }
  }
  CHECK_THROWS_WITH(make_flow_solver("heun", {1, 0}), Contains("unipc, euler, dpm++"));
}

TEST_CASE("flow solvers follow the flow of normal data with their orders of convergence") {
  const double euler = normal_error("euler", 20);
  CHECK(euler < 0.05);
  CHECK(normal_error("euler", 80) < euler / 3);
  for (const std::string solver : {"unipc", "dpm++"}) {
    INFO(solver);
    CHECK(normal_error(solver, 20) < euler / 2);
    CHECK(normal_error(solver, 80) < normal_error(solver, 20) / 3);
  }
}

TEST_CASE("a clean prefix has time 0, no noise and no part in the loss") {
  const at::Tensor clean = at::arange(24, at::kFloat).view({2, 1, 3, 2, 2});
  const at::Tensor noise = at::ones({2, 1, 2, 2, 2});
  const at::Tensor sigma = at::full({2}, 0.25, at::kFloat);
  const NoisedLatents made = flow_noised_after(clean, noise, sigma);
  CHECK(made.latents.narrow(2, 0, 1).equal(clean.narrow(2, 0, 1)));
  CHECK(made.latents.narrow(2, 1, 2).allclose(0.75 * clean.narrow(2, 1, 2) + 0.25));
  CHECK(made.timestep[0][0].item<float>() == 0);
  CHECK(made.timestep[1][2].item<float>() == 250);
  at::Tensor output = made.target.clone();
  output.narrow(2, 0, 1).fill_(7);
  CHECK(mean_square_from(output, made.target, 1).item<float>() == 0);
  CHECK(mean_square_from(output, made.target, 0).item<float>() > 0);
  CHECK_THROWS_WITH(mean_square_from(output, made.target, 3), Contains("expected 0 to 2 frames"));
}
