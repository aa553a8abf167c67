#include "engine/backbones/wan/factory.h"
#include "engine/diffusion/flow_sampler.h"
#include "engine/diffusion/flow_schedule.h"
#include "engine/diffusion/flow_solver.h"
#include "tests/unit/wan/small_wan.h"

using namespace cox::engine;
using Catch::Matchers::Contains;

namespace {

FlowSampleInput sample_input() {
  FlowSampleInput input;
  input.noise = drawn({1, 4, 3, 4, 6}, 11);
  input.text.states = drawn({1, 1, 5, 10}, 2);
  input.negative_text.states = drawn({1, 1, 5, 10}, 3);
  return input;
}

/// Guided sampling without a prefix, written out.
at::Tensor sampled_by_hand(const Backbone& model, const FlowSampleInput& input,
                           const FlowSamplerOptions& options) {
  const at::NoGradGuard no_grad;
  const FlowSchedule schedule = make_flow_schedule(options.steps, options.shift);
  const auto solver = make_flow_solver(options.solver, schedule.sigmas);
  at::Tensor x = input.noise;
  for (int64_t i = 0; i < options.steps; ++i) {
    BackboneInput asked;
    asked.latents = x;
    asked.timestep = at::full({1, 1}, schedule.timesteps[static_cast<size_t>(i)], at::kFloat);
    asked.text = input.text;
    const at::Tensor positive = model.forward(asked, Adapter());
    asked.text = input.negative_text;
    const at::Tensor negative = model.forward(asked, Adapter());
    x = solver->step(i, x, negative + options.guidance * (positive - negative));
  }
  return x;
}

}  // namespace

TEST_CASE("flow sampling without a prefix is the solver on guided outputs") {
  const auto model = small_wan();
  for (const std::string& solver : flow_solver_names()) {
    FlowSamplerOptions options;
    options.solver = solver;
    options.steps = 4;
    options.guidance = 3;
    CHECK(relative_error(sample_flow(*model, Adapter(), sample_input(), options),
                         sampled_by_hand(*model, sample_input(), options)) < 1e-6);
  }
}

TEST_CASE("a prefix is returned as given and changes the other frames") {
  const auto model = small_wan();
  FlowSampleInput input = sample_input();
  FlowSamplerOptions options;
  options.steps = 3;
  const at::Tensor free = sample_flow(*model, Adapter(), input, options);
  input.prefix = drawn({1, 4, 1, 4, 6}, 12);
  for (const FlowPrefix prefix : {FlowPrefix::kSplice, FlowPrefix::kReplace}) {
    options.prefix = prefix;
    int steps = 0;
    const at::Tensor made =
        sample_flow(*model, Adapter(), input, options, [&](int done, int total) {
          steps = done;
          CHECK(total == 3);
        });
    CHECK(steps == 3);
    CHECK(made.sizes() == input.noise.sizes());
    CHECK(made.narrow(2, 0, 1).equal(input.prefix));
    CHECK(relative_error(made.narrow(2, 1, 2), free.narrow(2, 1, 2)) > 1e-4);
  }
  input.prefix = drawn({1, 4, 3, 4, 6}, 12);
  CHECK_THROWS_WITH(sample_flow(*model, Adapter(), input, options), Contains("leave none of 3"));
}

TEST_CASE("a spliced prefix has time 0 in every evaluation") {
  class Times : public Adapter {
   public:
    at::Tensor time_embedding(at::Tensor t) const override {
      first.push_back(t.select(1, 0).clone());
      later.push_back(t.select(1, 1).clone());
      return t;
    }
    mutable std::vector<at::Tensor> first, later;
  } times;
  const auto model = small_wan();
  FlowSampleInput input = sample_input();
  input.prefix = drawn({1, 4, 1, 4, 6}, 12);
  FlowSamplerOptions options;
  options.steps = 3;
  options.guidance = 1;
  options.prefix = FlowPrefix::kSplice;
  sample_flow(*model, times, input, options);
  REQUIRE(times.first.size() == 3);
  CHECK(times.first[0].equal(times.first[2]));
  CHECK_FALSE(times.later[0].equal(times.later[2]));
}

TEST_CASE("the mask of known frames repeats the first pixel frame four times") {
  const at::Tensor one = known_frame_mask(1, 3, 2, 2);
  CHECK(one.sizes() == at::IntArrayRef({1, 4, 3, 2, 2}));
  CHECK(one.select(2, 0).min().item<float>() == 1);
  CHECK(one.narrow(2, 1, 2).max().item<float>() == 0);
  // 1 + 2 pixel frames: two of the four of the second latent frame.
  const at::Tensor three = known_frame_mask(3, 3, 2, 2).select(3, 0).select(3, 0);
  CHECK(three.select(2, 1).sum().item<float>() == 2);
  CHECK(three[0][1][1].item<float>() == 1);
  CHECK(three[0][2][1].item<float>() == 0);
  CHECK(known_frame_mask(0, 3, 2, 2).max().item<float>() == 0);
  CHECK_THROWS_WITH(known_frame_mask(10, 3, 2, 2), Contains("0 to 9"));
}
