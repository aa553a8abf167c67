#include "engine/diffusion/sampler.h"
#include "engine/diffusion/schedule.h"
#include "engine/nn/norm.h"
#include "engine/nn/rope.h"
#include "engine/nn/timestep.h"
#include "tests/parity/dit/fixture.h"

using namespace cox;
using namespace cox::engine;
using namespace cox::engine::parity;

TEST_CASE("RoPE turns pairs as the reference does") {
  const at::Tensor table = rope_table({3, 2, 4}, 16);
  CHECK(relative_error(apply_rope(expected("rope.q"), table), expected("rope.out")) <
        kStageTolerance);
}

TEST_CASE("RMS norm agrees, and in bf16 rounds before the gain") {
  const at::Tensor& x = expected("rms.x");
  const at::Tensor& gain = expected("rms.gain");
  CHECK(relative_error(rms_norm(x, gain), expected("rms.out")) < kStageTolerance);
  const at::Tensor narrow = rms_norm(x.to(at::kBFloat16), gain.to(at::kBFloat16));
  CHECK(at::equal(narrow, expected("rms.out_bf16")));
}

TEST_CASE("Modulated layer norm agrees") {
  const at::Tensor got = modulated_norm(expected("modulate.x"), expected("modulate.shift"),
                                        expected("modulate.scale"));
  CHECK(relative_error(got, expected("modulate.out")) < kStageTolerance);
}

TEST_CASE("The timestep embedding has cosines first and fp32 angles") {
  CHECK(relative_error(timestep_embedding(expected("timestep.t"), 16), expected("timestep.out")) <
        1e-7);
}

TEST_CASE("Schedules are those of the reference to the bit") {
  const struct {
    const char* name;
    ScheduleOptions options;
    int64_t evaluations;
  } cases[] = {
      {"vc50", {50, 12.0, true, false}, 56},      {"plain50", {50, 12.0, false, false}, 50},
      {"vc20", {20, 12.0, true, false}, 28},      {"vc4", {4, 12.0, true, false}, 13},
      {"distill16", {16, 12.0, false, true}, 16}, {"one", {1, 12.0, false, false}, 1},
  };
  for (const auto& c : cases) {
    INFO(c.name);
    const Schedule schedule = make_schedule(c.options);
    CHECK(schedule.evaluations() == c.evaluations);
    const std::string prefix = std::string("schedule.") + c.name;
    REQUIRE(schedule.sigmas.sizes() == expected(prefix + ".sigmas").sizes());
    CHECK(at::equal(schedule.sigmas, expected(prefix + ".sigmas")));
    CHECK(at::equal(schedule.timesteps, expected(prefix + ".timesteps")));
  }
}

TEST_CASE("The CFG-zero scale agrees, and guidance 1 is the positive branch") {
  const at::Tensor& cond = expected("cfg.cond");
  const at::Tensor& uncond = expected("cfg.uncond");
  CHECK(relative_error(cfg_zero_scale(cond, uncond).flatten(), expected("cfg.scale")) <
        kStageTolerance);
  CHECK(relative_error(cfg_zero(cond, uncond, 1.0), cond) < kStageTolerance);
}
