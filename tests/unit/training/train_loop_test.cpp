#include "tools/training/train_loop.h"

#include <ATen/ops/randn.h>

#include <filesystem>

#include "engine/checkpoint/safetensors.h"
#include "engine/tensors/error.h"
#include "engine/tensors/torch.h"
#include "tests/support/file_size_limit.h"
#include "tests/support/torch_catch.h"

using namespace cox;
using namespace cox::engine;

namespace {

struct Scratch {
  std::filesystem::path folder =
      std::filesystem::temp_directory_path() / ("cox_train_" + std::to_string(::getpid()));
  Scratch() { std::filesystem::create_directories(folder); }
  ~Scratch() { std::filesystem::remove_all(folder); }
  std::string file(const char* name) const { return (folder / name).string(); }
};

const std::map<std::string, at::Tensor>& start_weights() {
  static const std::map<std::string, at::Tensor> weights = {{"a", at::full({3}, 2.0)},
                                                            {"b", at::full({2, 2}, -1.0)}};
  return weights;
}

/// |a - target|^2 + |b|^2 with a target that is drawn for the step.
at::Tensor quadratic(const TrainState& state, int64_t step) {
  seed_draws(at::kCPU, 9, step);
  const at::Tensor target = at::randn({3});
  return (state.parameter("a") - target).square().sum() + state.parameter("b").square().sum();
}

bool run(TrainState& state, int64_t until, int64_t steps, const std::string& file) {
  return train(
      state, {.steps = steps, .warmup = 5, .peak_rate = 0.05, .checkpoint = file},
      [&](int64_t step) { return quadratic(state, step); }, [](const CurvePoint&) {},
      [&] { return state.step() >= until; });
}

}  // namespace

TEST_CASE("A run that was interrupted and resumed ends bit-equal to one that was not") {
  const Scratch scratch;
  TrainState whole = TrainState::start("test", start_weights(), at::kCPU);
  CHECK(run(whole, 120, 120, ""));

  TrainState first = TrainState::start("test", start_weights(), at::kCPU);
  CHECK_FALSE(run(first, 47, 120, scratch.file("state.safetensors")));
  TrainState second =
      TrainState::load(scratch.file("state.safetensors"), "test", start_weights(), at::kCPU);
  CHECK(second.step() == 47);
  CHECK(run(second, 120, 120, scratch.file("state.safetensors")));

  for (const char* name : {"a", "b"}) {
    CHECK(whole.parameter(name).equal(second.parameter(name)));
    CHECK(whole.average().at(name).equal(second.average().at(name)));
  }
  CHECK(second.curve().back().step == 120);
}

TEST_CASE("Training lowers the loss") {
  TrainState state = TrainState::start("test", start_weights(), at::kCPU);
  const double before = quadratic(state, 1'000).item<double>();
  run(state, 300, 300, "");
  CHECK(quadratic(state, 1'000).item<double>() < before);
  CHECK(state.parameter("b").abs().max().item<double>() < 0.2);
}

TEST_CASE("A loss that is not finite ends the run and keeps the last checkpoint") {
  const Scratch scratch;
  TrainState state = TrainState::start("test", start_weights(), at::kCPU);
  run(state, 60, 60, scratch.file("state.safetensors"));
  const auto diverging = [&](int64_t) { return state.parameter("a").sum() / 0.0 * 0.0; };
  CHECK_THROWS_AS(train(
                      state, {.steps = 200, .checkpoint = scratch.file("state.safetensors")},
                      diverging, [](const CurvePoint&) {}, [] { return false; }),
                  EngineError);
  const TrainState kept =
      TrainState::load(scratch.file("state.safetensors"), "test", start_weights(), at::kCPU);
  CHECK(kept.step() == 60);
}

TEST_CASE("A checkpoint of another stage or shape is refused by name") {
  const Scratch scratch;
  TrainState::start("vae", start_weights(), at::kCPU).save(scratch.file("state.safetensors"));
  CHECK_THROWS_WITH(
      TrainState::load(scratch.file("state.safetensors"), "dit", start_weights(), at::kCPU),
      Catch::Contains("stage 'vae', expected 'dit'"));
  const std::map<std::string, at::Tensor> other = {{"a", at::zeros({4})}, {"b", at::zeros({2, 2})}};
  CHECK_THROWS_WITH(TrainState::load(scratch.file("state.safetensors"), "vae", other, at::kCPU),
                    Catch::Contains("'a' differs in shape"));
}

TEST_CASE("A checkpoint of other fixed options is refused with both values; one of none is taken") {
  const Scratch scratch;
  const std::string file = scratch.file("state.safetensors");
  const auto load = [&](const FixedOptions& fixed) {
    return TrainState::load(file, "vae", start_weights(), at::kCPU, fixed);
  };
  const FixedOptions fixed = {{"seed", "1"}, {"frames", "29"}};
  TrainState::start("vae", start_weights(), at::kCPU, fixed).save(file);
  CHECK_NOTHROW(load(fixed));
  CHECK_THROWS_WITH(load({{"seed", "2"}, {"frames", "29"}}),
                    Catch::Contains("started with --seed 1") && Catch::Contains("got 2"));
  load(fixed).save(file);  // they outlive a resumed run
  CHECK_THROWS_WITH(load({{"frames", "13"}}), Catch::Contains("--frames 29"));
  TrainState::start("vae", start_weights(), at::kCPU).save(file);
  CHECK_NOTHROW(load(fixed));
}

TEST_CASE("A damaged or unreadable checkpoint is refused by file and entry") {
  const Scratch scratch;
  const std::string file = scratch.file("state.safetensors");
  const auto refused = [&] {
    try {
      TrainState::load(file, "test", start_weights(), at::kCPU);
    } catch (const EngineError& error) {
      CHECK(error.cause() == FailureCause::kUser);
      return std::string(error.what());
    }
    return std::string("accepted");
  };
  const TrainState good = TrainState::start("test", start_weights(), at::kCPU);
  good.save(file);
  REQUIRE(refused() == "accepted");
  const auto tensors = Checkpoint::open(file).load_all();
  const auto metadata = Checkpoint::open(file).metadata();

  std::filesystem::resize_file(file, std::filesystem::file_size(file) - 5);
  CHECK_THAT(refused(), Catch::Contains(file) && Catch::Contains("damaged"));
  for (const auto& [key, text] : {std::pair{"step", "forty"}, {"step", "-1"}, {"curve", "[[1]]"}}) {
    auto changed = metadata;
    changed[key] = text;
    save_safetensors(file, tensors, changed);
    CHECK_THAT(refused(), Catch::Contains(file) && Catch::Contains(text) && Catch::Contains(key));
  }
  auto fewer = tensors;
  fewer.erase("averages.b");
  save_safetensors(file, fewer, metadata);
  CHECK_THAT(refused(), Catch::Contains(file) && Catch::Contains("averages.b"));
  save_safetensors(file, tensors, {});
  CHECK_THAT(refused(), Catch::Contains("not a training checkpoint"));
  std::filesystem::remove(file);
  std::filesystem::create_directory(file);
  CHECK_THAT(refused(), Catch::Contains(file));
}

TEST_CASE("A disk that is full leaves the former checkpoint as it was") {
  const Scratch scratch;
  const std::string file = scratch.file("state.safetensors");
  TrainState state = TrainState::start("test", start_weights(), at::kCPU);
  run(state, 60, 120, file);
  const auto entries = [&] {
    return std::distance(std::filesystem::directory_iterator(scratch.folder), {});
  };
  {
    const cox::test::FileSizeLimit full(200);  // fewer bytes than the header needs
    try {
      run(state, 120, 120, file);
      FAIL("saved");
    } catch (const EngineError& error) {
      CHECK(error.cause() == FailureCause::kCrash);
      CHECK_THAT(error.what(),
                 Catch::Contains("cannot write " + file) && Catch::Contains("File too large"));
    }
  }
  CHECK(entries() == 1);
  TrainState kept = TrainState::load(file, "test", start_weights(), at::kCPU);
  CHECK(kept.step() == 60);

  TrainState whole = TrainState::start("test", start_weights(), at::kCPU);
  run(whole, 120, 120, "");
  run(kept, 120, 120, file);
  for (const char* name : {"a", "b"}) CHECK(kept.parameter(name).equal(whole.parameter(name)));
}

TEST_CASE("The rate rises, then falls along a cosine to its last value") {
  CHECK(scheduled_rate(0, 10, 100, 1.0, 0.1) == Approx(0.1));
  CHECK(scheduled_rate(9, 10, 100, 1.0, 0.1) == Approx(1.0));
  CHECK(scheduled_rate(55, 10, 100, 1.0, 0.1) == Approx(0.55));
  CHECK(scheduled_rate(100, 10, 100, 1.0, 0.1) == Approx(0.1));
}
