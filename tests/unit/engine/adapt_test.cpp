#include "engine/stages/adapt.h"

#include "engine/device/cuda.h"
#include "tests/unit/backbones/small_model.h"

using namespace cox;
using namespace cox::engine;

namespace {

/// Latents that hold no memory, of `frames` frames of one token each.
at::Tensor latents_of(int64_t frames) {
  return at::empty({1, 4, frames, 2, 2}, at::TensorOptions(at::kMeta));
}

}  // namespace

TEST_CASE("Blocks are recomputed when their activations would not fit") {
  const auto model = small_model();
  // 19.4 values of 4 bytes for each token, hidden unit and block; 25.1 where linear layers train.
  const double token_bytes =
      4.0 * static_cast<double>(model->shape().hidden * model->shape().blocks);
  const double usable = 0.9 * static_cast<double>(device_memory(at::kCPU).available_bytes);
  // Memory of this machine moves while the test runs: stay a factor of two away from the limit.
  for (const bool linear : {false, true}) {
    const double fits = usable / ((linear ? 25.1 : 19.4) * token_bytes);
    CHECK_FALSE(needs_recompute(*model, latents_of(static_cast<int64_t>(fits / 2)), linear));
    CHECK(needs_recompute(*model, latents_of(static_cast<int64_t>(fits * 2)), linear));
  }
}

TEST_CASE("blocks before the first that a method changes keep no activations") {
  const auto model = small_model();
  const std::int64_t blocks = model->shape().blocks;
  REQUIRE(blocks >= 2);
  const double token_bytes = 4.0 * static_cast<double>(model->shape().hidden);  // of one block
  const double usable = 0.9 * static_cast<double>(device_memory(at::kCPU).available_bytes);
  const auto frames = static_cast<int64_t>(usable / (19.4 * token_bytes));
  CHECK(needs_recompute(*model, latents_of(2 * frames), false, blocks - 1));
  CHECK_FALSE(needs_recompute(*model, latents_of(frames / 2), false, blocks - 1));
  CHECK_FALSE(needs_recompute(*model, latents_of(100 * frames), false, blocks));
}

TEST_CASE("memory that training will allocate is not there for activations") {
  const auto model = small_model();
  const double token_bytes =
      4.0 * static_cast<double>(model->shape().hidden * model->shape().blocks);
  const auto available = static_cast<double>(device_memory(at::kCPU).available_bytes);
  const auto frames = static_cast<int64_t>(0.9 * available / (19.4 * token_bytes) / 4);
  const auto most = static_cast<std::int64_t>(0.9 * available);
  CHECK_FALSE(needs_recompute(*model, latents_of(frames), false, 0, 0));
  CHECK(needs_recompute(*model, latents_of(frames), false, 0, most));
}

TEST_CASE("a training whose states do not fit is refused by number") {
  const auto model = small_model();
  const auto check = [&](int parts_of_memory, const OptimizerSettings& optimizer) {
    const std::int64_t values = device_memory(at::kCPU).available_bytes / parts_of_memory;
    const at::Tensor value = at::empty({values}, at::TensorOptions(at::kMeta));
    MemberSettings member;
    member.optimizer = optimizer;
    require_training_memory(*model, {{{{"all", value, value, {}}}}}, {member});
  };
  const auto refused = Catch::Matchers::Contains("use more GPUs for the job");
  // For each value: a gradient of 4 bytes, and zero, one or two states of 4 bytes.
  CHECK_NOTHROW(check(6, {.name = "sgd"}));
  CHECK_THROWS_WITH(check(6, {.name = "sgd", .momentum = 0.9}), refused);
  CHECK_NOTHROW(check(10, {.name = "sgd", .momentum = 0.9}));
  CHECK_THROWS_WITH(check(10, {.name = "adamw"}), refused);
  CHECK_NOTHROW(check(16, {.name = "adamw"}));
}
