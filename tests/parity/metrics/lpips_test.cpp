#include "engine/metrics/lpips_network.h"

#include <unistd.h>

#include <ATen/ops/conv2d.h>

#include <catch2/catch.hpp>
#include <filesystem>

#include "engine/checkpoint/safetensors.h"
#include "engine/metrics/metric.h"
#include "engine/tensors/error.h"
#include "hashed_lpips.h"

using namespace cox;
using namespace cox::engine;

namespace {

/// Of fp32 sums over a picture, whose order is the processor's.
constexpr double kSumTolerance = 1e-5;

/// A weights file that is removed again.
class WeightsFile {
 public:
  WeightsFile(std::map<std::string, at::Tensor> tensors,
              const std::map<std::string, std::string>& metadata)
      : path_((std::filesystem::temp_directory_path() /
               ("cox_lpips_" + std::to_string(::getpid()) + ".safetensors"))
                  .string()) {
    save_safetensors(path_, tensors, metadata);
  }
  ~WeightsFile() { std::filesystem::remove(path_); }
  const std::string& path() const { return path_; }

 private:
  std::string path_;
};

std::string refusal(const std::string& path) {
  try {
    make_metric("lpips", {path});
  } catch (const EngineError& error) {
    CHECK(error.cause() == FailureCause::kUser);
    return error.what();
  }
  return "accepted";
}

}  // namespace

// Fixture: tests/parity/fixtures/make_metrics.py, lpips 0.1.4.
TEST_CASE("LPIPS equals the public package in every tap, from either spelling of the weights") {
  const Checkpoint fixture =
      Checkpoint::open(COX_SOURCE_DIR "/tests/parity/fixtures/metrics/frames.safetensors");
  const at::Tensor generated = fixture.load("generated"), reference = fixture.load("reference");
  const at::Tensor expected = fixture.load("lpips"), by_tap = fixture.load("lpips_by_tap");
  for (const LpipsKeys keys : {LpipsKeys::kPackage, LpipsKeys::kTorchvision}) {
    const auto weights = hashed_lpips(keys);
    const WeightsFile file(weights, {});
    const LpipsNetwork network(file.path(), at::kCPU);
    const ReferenceFeatures a = network.taps(generated), b = network.taps(reference);
    const at::Tensor distance = network.distance(a, b);
    for (int64_t frame = 0; frame < 3; ++frame) {
      INFO("frame " << frame);
      CHECK(distance[frame].item<float>() ==
            Approx(expected[frame].item<float>()).epsilon(kSumTolerance).margin(1e-9));
      for (size_t tap = 0; tap < LpipsNetwork::kTaps; ++tap) {
        const at::Tensor head = weights.at("lin" + std::to_string(tap) + ".model.1.weight");
        const at::Tensor part = at::conv2d((a[tap] - b[tap]).square(), head)[frame].mean();
        INFO("tap " << tap);
        CHECK(part.item<float>() == Approx(by_tap[frame][static_cast<int64_t>(tap)].item<float>())
                                        .epsilon(kSumTolerance)
                                        .margin(1e-9));
      }
    }
  }
}

TEST_CASE("LPIPS is recorded under its name only when the trunk was trained") {
  for (const auto& [trunk, name] :
       {std::pair{"imagenet", "lpips"}, std::pair{"random", "lpips_random_trunk"}}) {
    const WeightsFile file(hashed_lpips(LpipsKeys::kTorchvision), {{"trunk", trunk}});
    const auto metric = make_metric("lpips", {file.path()});
    CHECK(metric->recorded_name() == name);
    const at::Tensor frames = at::full({1, 3, 32, 32}, 0.5);
    CHECK(measure(*metric, frames, metric->prepare(frames)).name == name);
  }
}

TEST_CASE("Weights without a stated origin, or with a wrong one, are rejected with advice") {
  CHECK(refusal("").find("convert_lpips.py") != std::string::npos);
  {
    const WeightsFile silent(hashed_lpips(LpipsKeys::kPackage), {});
    CHECK(refusal(silent.path()).find("convert_lpips.py") != std::string::npos);
  }
  {
    const WeightsFile odd(hashed_lpips(LpipsKeys::kPackage), {{"trunk", "vgg"}});
    CHECK(refusal(odd.path()).find("'imagenet' or 'random'") != std::string::npos);
  }
  auto tensors = hashed_lpips(LpipsKeys::kTorchvision);
  tensors.erase("features.6.bias");
  const WeightsFile partial(tensors, {{"trunk", "random"}});
  CHECK(refusal(partial.path()).find("features.6.bias") != std::string::npos);
}
