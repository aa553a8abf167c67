// `cox-engine bench` of families beside LongCat-Video: one forward pass at a model's sizes.

#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

#include "tests/support/command.h"
#include "tools/init/init_model.h"

using Catch::Matchers::Contains;
using cox::test::TemporaryDirectory;
using nlohmann::json;

namespace {

const std::string kBenchProgram = std::string(COX_BIN_DIR) + "/cox-engine";

struct BenchCase {
  const char* config;
  const char* preset;
  int height, width, frames;
  int latent_frames, tokens;
};

/// Latent frames hold 1 + 4 k pixel frames (CogVideoX decodes pairs); a token is 2 x 2 latents of 8
/// pixels, or of 16 for Wan2.2.
constexpr BenchCase kCases[] = {{"wan2.1-t2v-1.3b", "wan2.1-tiny", 64, 96, 9, 3, 3 * 4 * 6},
                                {"wan2.2-ti2v-5b", "wan2.2-tiny", 64, 96, 9, 3, 3 * 2 * 3},
                                {"cogvideox-5b", "cogvideox-tiny", 64, 96, 12, 5, 5 * 4 * 6},
                                {"cogvideox-5b-i2v", "cogvideox-i2v-tiny", 48, 80, 9, 3, 3 * 3 * 5},
                                {"open-sora-2.0", "open-sora-tiny", 64, 96, 9, 3, 3 * 4 * 6}};

}  // namespace

TEST_CASE("bench times one forward pass of every family at the sizes of a model") {
  const TemporaryDirectory folder;
  for (const BenchCase& one : kCases) {
    INFO(one.config);
    const std::string model = folder / one.preset;
    cox::engine::write_random_model({model, one.preset, 1});
    const cox::test::Ended ended = cox::test::run(
        {kBenchProgram, "bench", "--config", one.config, "--model", model, "--device", "cpu",
         "--dtype", "fp32", "--height", std::to_string(one.height), "--width",
         std::to_string(one.width), "--total-frames", std::to_string(one.frames), "--steps", "2"});
    INFO(ended.all());
    REQUIRE(ended.exit_code == 0);
    const json forward = json::parse(ended.out).at("forward");
    CHECK(forward.at("latent_frames") == one.latent_frames);
    CHECK(forward.at("tokens") == one.tokens);
    CHECK(forward.at("passes") == 2);
    CHECK(forward.at("least_s").get<double>() > 0);
    CHECK(forward.at("least_s").get<double>() <= forward.at("mean_s").get<double>());
  }
}

TEST_CASE("bench refuses a size of another family, an unknown model, and kernels of a CPU") {
  const cox::test::Ended size = cox::test::run(
      {kBenchProgram, "bench", "--config", "wan2.2-ti2v-5b", "--height", "48", "--device", "cpu"});
  CHECK(size.exit_code != 0);
  CHECK_THAT(size.err, Contains("--height: expected a multiple of 32 for Wan2.2 TI2V, got 48"));
  const cox::test::Ended name = cox::test::run({kBenchProgram, "bench", "--config", "wan2.3"});
  CHECK(name.exit_code != 0);
  CHECK_THAT(name.all(), Contains("wan2.1-t2v-1.3b"));
  for (const char* config : {"wan2.1-t2v-1.3b", "longcat-video"}) {
    const cox::test::Ended kernels = cox::test::run(
        {kBenchProgram, "bench", "--config", config, "--device", "cpu", "--profile"});
    CHECK(kernels.exit_code != 0);
    CHECK_THAT(kernels.err, Contains("--profile: expected a GPU, got the CPU"));
  }
}

TEST_CASE("bench times full fine-tuning with AdamW, over parts too") {
  std::vector<double> losses;
  for (const char* device : {"cpu", "cpu,cpu"}) {
    const cox::test::Ended ended = cox::test::run(
        {kBenchProgram,    "bench", "--model",           COX_SOURCE_DIR "/models/tiny",
         "--method",       "full",  "--device",          device,
         "--dtype",        "fp32",  "--height",          "32",
         "--width",        "48",    "--cond-frames",     "5",
         "--total-frames", "9",     "--window-frames",   "17",
         "--steps",        "2",     "--inference-steps", "2"});
    INFO(ended.all());
    REQUIRE(ended.exit_code == 0);
    const json report = json::parse(ended.out);
    CHECK(report.at("gpus") == (std::string(device) == "cpu" ? 1 : 2));
    const json& train = report.at("train");
    CHECK(train.at("method") == "full");
    CHECK(train.at("trained_parameters").get<double>() > 1e6);
    CHECK(train.at("step_s").get<double>() > 0);
    const auto of_device = train.at("losses").get<std::vector<double>>();
    REQUIRE(of_device.size() == 2);
    if (losses.empty()) losses = of_device;
    CHECK(of_device[0] == Approx(losses[0]).epsilon(1e-5));
    CHECK(of_device[1] == Approx(losses[1]).epsilon(1e-3));
  }
}
