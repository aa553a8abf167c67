#include <ATen/ops/full.h>
#include <ATen/ops/rand.h>

#include <catch2/catch.hpp>
#include <cmath>

#include "engine/checkpoint/safetensors.h"
#include "engine/metrics/metric.h"
#include "engine/tensors/error.h"

using namespace cox;
using namespace cox::engine;

namespace {

std::vector<double> numbers(const at::Tensor& x) {
  const at::Tensor values = x.to(at::kDouble).contiguous();
  return {values.const_data_ptr<double>(), values.const_data_ptr<double>() + values.numel()};
}

MetricValue measured(const std::string& name, const at::Tensor& generated,
                     const at::Tensor& reference) {
  const auto metric = make_metric(name, {});
  return measure(*metric, generated, metric->prepare(reference));
}

}  // namespace

// Fixture: tests/parity/fixtures/make_metrics.py, scikit-image 0.26.0 and torchmetrics 1.9.0.
TEST_CASE("PSNR and SSIM equal scikit-image and torchmetrics in double precision") {
  const Checkpoint fixture =
      Checkpoint::open(COX_SOURCE_DIR "/tests/parity/fixtures/metrics/frames.safetensors");
  for (const char* name : {"psnr", "ssim"}) {
    const MetricValue series = measured(name, fixture.load("generated"), fixture.load("reference"));
    const std::vector<double> expected = numbers(fixture.load(name));
    CHECK(series.name == name);
    REQUIRE(series.per_frame.size() == expected.size());
    double sum = 0;
    for (size_t i = 0; i < expected.size(); ++i) {
      INFO(name << " of frame " << i);
      CHECK(series.per_frame[i] == Approx(expected[i]).epsilon(1e-12));
      sum += expected[i];
    }
    CHECK(series.mean == Approx(sum / 3).epsilon(1e-12));
  }
}

TEST_CASE("Equal frames score the PSNR cap and an SSIM of one") {
  const at::Tensor frames = at::rand({2, 3, 16, 16});
  CHECK(measured("psnr", frames, frames).per_frame == std::vector<double>{50, 50});
  CHECK(measured("ssim", frames, frames).mean == Approx(1).epsilon(1e-12));
  // One cap for all: mse 1e-8 would be 80 dB, mse 1.1e-5 49.6.
  CHECK(measured("psnr", frames + 1e-4, frames).mean == 50);
  CHECK(measured("psnr", frames + std::sqrt(1.1e-5), frames).mean ==
        Approx(10 * std::log10(1 / 1.1e-5)).epsilon(1e-3));
}

TEST_CASE("Under the study's conventions only equal frames have the PSNR cap") {
  MetricResources resources;
  resources.conventions = MetricConventions::kAdaSteer2026;
  const auto metric = make_metric("psnr", resources);
  const at::Tensor frames = at::rand({2, 3, 16, 16});
  const auto psnr = [&](const at::Tensor& generated) {
    return measure(*metric, generated, metric->prepare(frames)).mean;
  };
  CHECK(psnr(frames) == 50);
  CHECK(psnr(frames + 1e-4) == Approx(80).epsilon(1e-2));  // mse 1e-8
  CHECK(psnr(frames + 1e-2) == measured("psnr", frames + 1e-2, frames).mean);
}

TEST_CASE("A metric refuses frames of other shapes, sizes and dtypes") {
  const at::Tensor frames = at::rand({2, 3, 16, 16});
  CHECK_THROWS_AS(measured("psnr", at::rand({2, 3, 16, 17}), frames), std::invalid_argument);
  CHECK_THROWS_AS(measured("ssim", at::rand({1, 3, 16, 16}), frames), std::invalid_argument);
  CHECK_THROWS_AS(measured("psnr", frames, frames.to(at::kDouble)), std::invalid_argument);
  CHECK_THROWS_AS(measured("ssim", at::rand({1, 3, 5, 9}), at::rand({1, 3, 5, 9})),
                  std::invalid_argument);
}

TEST_CASE("An unknown metric is refused with the nearest known one") {
  try {
    make_metric("pnsr", {});
    FAIL("accepted");
  } catch (const EngineError& error) {
    CHECK(error.cause() == FailureCause::kUser);
    CHECK(std::string(error.what()).find("did you mean 'psnr'") != std::string::npos);
  }
}
