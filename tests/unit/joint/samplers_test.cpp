// Sampling with models that return the exact answer: every solver must reach it.

#include "engine/diffusion/joint_samplers.h"

#include <cmath>

#include "engine/tensors/random.h"
#include "tests/support/bare_backbone.h"
#include "tests/support/torch_catch.h"

using namespace cox;
using namespace cox::engine;

namespace {

const JsonConfig kScheduler = JsonConfig::parse(
    R"({"num_train_timesteps": 1000, "beta_start": 0.00085, "beta_end": 0.012,
        "beta_schedule": "scaled_linear", "prediction_type": "v_prediction",
        "rescale_betas_zero_snr": true, "snr_shift_scale": 3.0, "timestep_spacing": "trailing",
        "set_alpha_to_one": true, "clip_sample": false, "steps_offset": 0})",
    "scheduler");

at::Tensor drawn(uint64_t number, at::IntArrayRef shape) {
  return RandomStream({7, 0, "clip", Purpose::kRandomModel, number}).normal(shape);
}

/// A model whose raw output is a function of its input.
class Oracle : public BareBackbone {
 public:
  explicit Oracle(std::function<at::Tensor(const BackboneInput&)> answer)
      : BareBackbone({1, 8, 8, 4, 8}), answer_(std::move(answer)) {}
  at::Tensor forward(const BackboneInput& input, const Adapter&) const override {
    return answer_(input);
  }

 private:
  std::function<at::Tensor(const BackboneInput&)> answer_;
};

const at::Tensor kAnswer = drawn(1, {1, 4, 3, 4, 4});

/// Returns the v that leads from x at a time of the schedule to the answer.
at::Tensor v_to_answer(const CogVideoXSchedule& schedule, const BackboneInput& input) {
  const double a = schedule.alpha(static_cast<int64_t>(input.timestep[0][0].item<float>()));
  return (std::sqrt(a) * input.latents - kAnswer) / std::sqrt(1 - a);
}

}  // namespace

TEST_CASE("CogVideoX's DDIM and DPM reach the answer of an exact model") {
  const auto schedule = CogVideoXSchedule::from_json(kScheduler);
  const Oracle oracle([&](const BackboneInput& input) { return v_to_answer(schedule, input); });
  CogVideoXStart start;
  start.noise = drawn(2, kAnswer.sizes());
  start.text.states = start.negative_text.states = drawn(3, {1, 1, 2, 4});
  start.step_noise = [](int64_t step) { return drawn(10 + step, kAnswer.sizes()); };
  for (const auto solver : {CogVideoXSolver::kDdim, CogVideoXSolver::kDpm}) {
    for (const double guidance : {1.0, 6.0}) {
      for (const int64_t steps : {1, 2, 10}) {
        CAPTURE(guidance, steps);
        const at::Tensor made =
            sample_cogvideox(oracle, Adapter(), schedule, start, {solver, steps, guidance});
        CHECK(relative_error(made, kAnswer) < 1e-5);
      }
    }
  }
}

TEST_CASE("CogVideoX's known frames are present in every evaluation, and absent from the result") {
  const auto schedule = CogVideoXSchedule::from_json(kScheduler);
  CogVideoXStart start;
  start.noise = drawn(2, kAnswer.sizes());
  start.known = drawn(4, {1, 4, 2, 4, 4});
  start.text.states = drawn(3, {1, 1, 2, 4});
  int evaluations = 0;
  const Oracle oracle([&](const BackboneInput& input) {
    ++evaluations;
    CHECK(at::equal(input.latents.narrow(2, 0, 2), start.known));
    return v_to_answer(schedule, input);
  });
  const at::Tensor made =
      sample_cogvideox(oracle, Adapter(), schedule, start, {CogVideoXSolver::kDdim, 4, 1.0});
  CHECK(evaluations == 4);
  CHECK(relative_error(made, kAnswer.narrow(2, 2, 1)) < 1e-5);
}

TEST_CASE(
    "Open-Sora's sampler follows a straight line to its end, with known frames as condition") {
  const at::Tensor noise = drawn(2, kAnswer.sizes());
  OpenSoraStart start;
  start.noise = noise;
  start.known = drawn(4, {1, 4, 1, 4, 4});
  start.text = {drawn(3, {1, 1, 2, 4}), {}, drawn(5, {1, 6})};
  start.negative_text = start.text;
  int evaluations = 0;
  const Oracle oracle([&](const BackboneInput& input) {
    const at::Tensor& condition = input.channel_condition;
    CHECK(condition.size(0) == 3);
    CHECK(at::equal(condition[0].narrow(0, 1, 4).narrow(1, 0, 1), start.known[0]));
    CHECK(condition[0][0].sum().item<double>() == 16);  // the mask of one frame
    CHECK(condition[2].abs().max().item<double>() == 0);
    CHECK(input.timestep[0][0].item<double>() <= 1000);
    ++evaluations;
    return (noise - kAnswer).expand({3, -1, -1, -1, -1});
  });
  const at::Tensor made = sample_open_sora(oracle, Adapter(), start, {7.5, 3.0, true, true}, 12);
  CHECK(evaluations == 12);
  CHECK(relative_error(made, kAnswer.narrow(2, 1, 2)) < 1e-5);
}

TEST_CASE("without known frames Open-Sora's three branches are two, with the same result") {
  OpenSoraStart start;
  start.noise = drawn(2, kAnswer.sizes());
  start.text = {drawn(3, {1, 1, 2, 4}), {}, drawn(5, {1, 6})};
  start.negative_text = {drawn(6, {1, 1, 2, 4}), {}, drawn(7, {1, 6})};
  const at::Tensor c = drawn(8, kAnswer.sizes()), u = drawn(9, kAnswer.sizes());
  std::vector<int64_t> rows;
  const Oracle oracle([&](const BackboneInput& input) {
    rows.push_back(input.channel_condition.size(0));
    CHECK(input.channel_condition.abs().max().item<double>() == 0);
    CHECK(at::equal(input.text.states.narrow(0, 0, 1), start.text.states));
    return rows.back() == 1 ? c : at::cat({c, u});
  });
  const at::Tensor made = sample_open_sora(oracle, Adapter(), start, {7.5, 3.0, false, true}, 1);
  // One step from time 1 to 0: u0 + 3 (u - u0) + 7.5 (c - u), where u0 is u.
  CHECK(relative_error(made, start.noise - (u + 7.5 * (c - u))) < 1e-6);
  // The scale of known frames has nothing to scale.
  const at::Tensor plain = sample_open_sora(oracle, Adapter(), start, {1.0, 3.0, false, true}, 1);
  CHECK(relative_error(plain, start.noise - c) < 1e-6);
  CHECK(rows == std::vector<int64_t>{2, 1});
}

TEST_CASE("times of Open-Sora are shifted by tokens and frames as published") {
  CHECK(open_sora_shift(252, 33) == Approx(5.73).epsilon(1e-3));
  CHECK(open_sora_shift(2304, 33) == Approx(11.87).epsilon(1e-3));
  const std::vector<double> times = open_sora_times(4, 3.0);
  CHECK(times.front() == 1);
  CHECK(times[2] == Approx(0.75));
  CHECK(times.back() == 0);
}

TEST_CASE("CogVideoX's schedule ends in pure noise and starts next to clean latents") {
  const auto schedule = CogVideoXSchedule::from_json(kScheduler);
  CHECK(schedule.alpha(999) == 0);
  CHECK(schedule.alpha(0) > 0.99);
  CHECK(schedule.alpha(-20) == 1);
  CHECK(schedule.sampling_times(50).front() == 999);
  CHECK(schedule.sampling_times(50).back() == 19);
  CHECK_THROWS_WITH(schedule.sampling_times(1001), Catch::Matchers::Contains("1 to 1000"));
  CHECK_THROWS_WITH(
      CogVideoXSchedule::from_json(kScheduler.with_override("beta_schedule", "\"linear\"")),
      Catch::Matchers::Contains("expected scaled_linear, got linear"));
}
