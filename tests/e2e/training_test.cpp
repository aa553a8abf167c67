// cox-engine train as a person runs it: stopped, gone on with, and what it leaves behind.
#include <catch2/catch.hpp>
#include <csignal>
#include <nlohmann/json.hpp>

#include "tests/e2e/study_fixture.h"

using namespace cox::test;
using Catch::Matchers::Contains;
using nlohmann::json;

namespace {

constexpr const char* kEvenLonger = "1000000";

/// Several threads on pictures so small wait for each other more than they compute.
Surroundings one_thread() {
  Surroundings surroundings;
  surroundings.environment["OMP_NUM_THREADS"] = "1";
  return clean(surroundings);
}

/// A random model and the command that trains its VAE on very small pictures.
class Training {
 public:
  Training() {
    const Ended made =
        run({program("cox-engine"), "init-model", model(), "--preset", "tiny"}, clean());
    REQUIRE(made.exit_code == 0);
  }

  std::vector<std::string> command(const std::string& steps, const std::string& stage = "vae",
                                   const std::string& frames = "5",
                                   const std::string& width = "16") const {
    return {program("cox-engine"),
            "train",
            "--model",
            model(),
            "--stage",
            stage,
            "--work",
            work(),
            "--steps",
            steps,
            "--batch",
            "1",
            "--frames",
            frames,
            "--height",
            "16",
            "--width",
            width};
  }
  /// Everything of the model that this stage writes.
  std::string written() const {
    return file_text(model() + "/vae/config.json") +
           file_text(model() + "/vae/diffusion_pytorch_model.safetensors");
  }
  json curve() const { return json::parse(file_text(work() + "/vae_curve.json")); }

  std::string model() const { return folder_ / "model"; }

 private:
  std::string work() const { return folder_ / "work"; }

  TemporaryDirectory folder_;
};

}  // namespace

TEST_CASE("a stopped training keeps its steps and does not change the model") {
  const Training training;
  const std::string before = training.written();

  Running stopped(training.command(kEvenLonger), one_thread());
  REQUIRE(stopped.wait_for_err("step 50 of"));
  stopped.send(SIGTERM);
  const Ended end = stopped.wait();
  INFO(end.all());
  REQUIRE(end.exit_code == 128 + SIGTERM);  // a script that called it must not go on
  const json first = json::parse(end.out);
  CHECK(first["finished"] == false);
  CHECK(training.written() == before);

  std::vector<std::string> other = training.command(kEvenLonger);
  other.insert(other.end(), {"--seed", "1"});
  const Ended refused = run(other, one_thread());
  CHECK(refused.exit_code == 2);
  CHECK_THAT(refused.err, Contains("started with --seed 0, got 1"));

  const int64_t steps = first["steps"].get<int64_t>() + 2;
  const Ended again = run(training.command(std::to_string(steps)), one_thread());
  INFO(again.all());
  REQUIRE(again.exit_code == 0);
  const json second = json::parse(again.out);
  CHECK(second["finished"] == true);
  CHECK(second["steps"] == steps);
  CHECK(training.curve().front()["step"] == 50);  // of the first call
  CHECK(training.curve().back()["step"] == steps);
  for (const char* domain : {"train", "motion", "texture", "color"}) {
    const json& quality = second["reconstruction_psnr_db"][domain];
    CHECK(quality["mean"] > quality["worst_clip"]);
  }
  CHECK(training.written() != before);
}

TEST_CASE("what cannot be trained, probed or drawn is refused before it begins") {
  const Training training;
  const auto refusal = [&](std::vector<std::string> command, const std::string& option,
                           const std::string& value) {
    command.insert(command.end(), {option, value});
    const Ended ended = run(command, one_thread());
    INFO(ended.all());
    CHECK(ended.exit_code == 2);
    return ended.err;
  };
  const auto train = [&](const std::string& option, const std::string& value) {
    return refusal(training.command("3"), option, value);
  };
  CHECK_THAT(train("--rate", "-1"), Contains("--rate"));
  CHECK_THAT(train("--stop-after", "-1"), Contains("--stop-after"));
  CHECK_THAT(train("--device", "gpu"), Contains("gpu"));

  const std::vector<std::string> probe = {program("cox-engine"), "probe", training.model()};
  CHECK_THAT(refusal(probe, "--clips", "0"), Contains("--clips"));
  CHECK_THAT(refusal(probe, "--condition-frames", "1"),
             Contains("condition-frames: expected 1 + a multiple of 4, at least 2, got 1"));
  CHECK_THAT(refusal(probe, "--condition-frames", "12"), Contains("got 12"));
  CHECK_THAT(refusal(probe, "--frames", "13"),
             Contains("frames: expected 1 + a multiple of 4, at least 14, got 13"));
  CHECK_THAT(refusal(probe, "--height", "100"), Contains("height: expected a multiple of 8"));

  const std::vector<std::string> synth = {program("cox-engine"), "synth", training.model()};
  CHECK_THAT(refusal(synth, "--clips", "0"), Contains("--clips"));
  CHECK_THAT(refusal(synth, "--frames", "0"), Contains("--frames"));
  CHECK_THAT(refusal(synth, "--height", "33"), Contains("33"));
}

TEST_CASE("a training names the size that its stage cannot take") {
  const Training training;
  const auto refusal = [&](const std::string& stage, const std::string& frames,
                           const std::string& width) {
    const Ended ended = run(training.command("3", stage, frames, width), one_thread());
    INFO(ended.all());
    CHECK(ended.exit_code == 2);
    return ended.err;
  };
  CHECK_THAT(refusal("vae", "6", "16"),
             Contains("frames: expected 1 + a multiple of 4, at least 1, got 6"));
  CHECK_THAT(refusal("vae", "0", "16"), Contains("at least 1, got 0"));
  CHECK_THAT(refusal("vae", "5", "17"), Contains("width: expected a multiple of 8, got 17"));
  CHECK_THAT(refusal("dit", "1", "16"), Contains("at least 5, got 1"));
  CHECK_THAT(refusal("vea", "5", "16"), Contains("unknown stage 'vea'"));
}
