#include "engine/diffusion/sampler.h"

#include <fstream>

#include "engine/tensors/error.h"
#include "tests/support/bare_backbone.h"
#include "tests/support/temporary_directory.h"
#include "tests/unit/backbones/small_model.h"

using namespace cox;
using namespace cox::engine;
using Catch::Matchers::Contains;

namespace {

ContinuationInput small_continuation() {
  return {draw({1, 4, 2, 4, 6}, 1), draw({1, 4, 2, 4, 6}, 2), small_text(), small_text(1, 11)};
}

SamplerOptions few_steps() {
  SamplerOptions options;
  options.schedule.steps = 3;
  return options;
}

/// A model that knows the answer: its raw output is exactly target - noise of its input.
class Oracle : public BareBackbone {
 public:
  explicit Oracle(at::Tensor target) : BareBackbone({1, 1, 1, 4}), target_(std::move(target)) {}
  at::Tensor forward(const BackboneInput& input, const Adapter&) const override {
    const double sigma = input.timestep[0][0].item<float>() / 1000;
    // x = (1 - sigma) target + sigma noise, so target - noise = (target - x) / sigma.
    return (target_ - input.latents) / sigma;
  }
  ConditionCache prefill(const at::Tensor& latents, const Adapter&) const override {
    return {{}, {}, latents.size(2)};
  }

 private:
  at::Tensor target_;
};

}  // namespace

TEST_CASE("Sampling walks towards clean data: the raw output is negated before Euler") {
  const at::Tensor target = draw({1, 4, 2, 4, 6}, 20);
  for (const bool enhance_hf : {false, true}) {
    for (const double guidance : {1.0, 4.0}) {
      SamplerOptions options = few_steps();
      options.schedule.enhance_hf = enhance_hf;
      options.guidance = guidance;
      const at::Tensor got =
          continue_latents(Oracle(target), Adapter(), small_continuation(), options);
      CHECK(relative_error(got, target) < 1e-4);
    }
  }
}

TEST_CASE("Without a condition the frames are sampled only from noise and the prompt") {
  const at::Tensor target = draw({1, 4, 2, 4, 6}, 20);
  ContinuationInput input = small_continuation();
  input.condition = at::Tensor();
  for (const bool use_kv_cache : {false, true}) {
    SamplerOptions options = few_steps();
    options.use_kv_cache = use_kv_cache;
    CHECK(relative_error(continue_latents(Oracle(target), Adapter(), input, options), target) <
          1e-4);
  }
  // The cache of the condition has nothing to hold.
  const auto model = small_model();
  SamplerOptions options = few_steps();
  options.use_kv_cache = false;
  CHECK(at::equal(continue_latents(*model, Adapter(), input, few_steps()),
                  continue_latents(*model, Adapter(), input, options)));
}

TEST_CASE("Guidance of 1 or less does not look at the negative prompt") {
  const auto model = small_model();
  SamplerOptions options = few_steps();
  options.guidance = 1;
  ContinuationInput input = small_continuation();
  const at::Tensor with = continue_latents(*model, Adapter(), input, options);
  input.negative_text = {};
  CHECK(at::equal(continue_latents(*model, Adapter(), input, options), with));
}

TEST_CASE("Every evaluation is reported, and a callback that throws ends the sampling") {
  const auto model = small_model();
  std::vector<std::pair<int, int>> seen;
  SamplerOptions options = few_steps();
  continue_latents(*model, Adapter(), small_continuation(), options,
                   [&](int done, int total) { seen.emplace_back(done, total); });
  CHECK(seen == std::vector<std::pair<int, int>>{{1, 3}, {2, 3}, {3, 3}});
  int calls = 0;
  CHECK_THROWS_WITH(continue_latents(*model, Adapter(), small_continuation(), options,
                                     [&](int, int) {
                                       ++calls;
                                       throw std::runtime_error("stop");
                                     }),
                    "stop");
  CHECK(calls == 1);
}

TEST_CASE("Sampling is bit-equal when repeated") {
  const auto model = small_model();
  CHECK(at::equal(continue_latents(*model, Adapter(), small_continuation(), few_steps()),
                  continue_latents(*model, Adapter(), small_continuation(), few_steps())));
}

TEST_CASE("Noise that does not fit the condition is refused") {
  const auto model = small_model();
  ContinuationInput input = small_continuation();
  input.noise = draw({1, 4, 2, 4, 8}, 2);
  CHECK_THROWS_WITH(continue_latents(*model, Adapter(), input, few_steps()),
                    Contains("noise: expected shape [1, 4, *, 4, 6]"));
}

TEST_CASE("The scheduler's shift comes from its file, and foreign schedules are refused") {
  const cox::test::TemporaryDirectory directory;
  std::filesystem::create_directories(directory / "scheduler");
  const auto write = [&](const std::string& text) {
    std::ofstream(directory / "scheduler/scheduler_config.json") << text;
  };
  write(R"({"shift": 12.0, "use_dynamic_shifting": false})");
  CHECK(scheduler_shift(directory.path()) == 12.0);
  write(R"({"shift": 12.0, "use_dynamic_shifting": true})");
  CHECK_THROWS_WITH(scheduler_shift(directory.path()), Contains("use_dynamic_shifting"));
  write("{}");
  CHECK_THROWS_WITH(scheduler_shift(directory.path()), Contains("missing key 'shift'"));
}
