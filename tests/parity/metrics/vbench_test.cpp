// VBench's dimensions without a network of ours: tests/parity/fixtures/make_towers.py.

#include <catch2/catch.hpp>

#include "towers_fixture.h"

using namespace cox;
using namespace cox::engine;

TEST_CASE("temporal flickering and the difference of frames equal numpy's") {
  const at::Tensor clip = towers_clip();
  CHECK(measured_clip("temporal_flickering", "", clip).mean ==
        Approx(towers_value("temporal_flickering")).epsilon(1e-9));
  CHECK(measured_clip("frame_difference", "", clip).mean ==
        Approx(towers_value("frame_difference")).epsilon(1e-6));
  const at::Tensor still = clip.narrow(0, 0, 1).expand({3, -1, -1, -1});
  CHECK(measured_clip("temporal_flickering", "", still).mean == 1);
  CHECK(measured_clip("frame_difference", "", still).mean == 0);
  CHECK_THAT(refusal_of("temporal_flickering", "", clip.narrow(0, 0, 1)),
             Catch::Contains("expected at least 2 scored frames, got 1"));
}

TEST_CASE("motion smoothness makes every second frame again from its neighbors") {
  const std::string network = towers_file("frame-interpolation.pt");
  const MetricValue value = measured_clip("motion_smoothness", network, towers_clip());
  CHECK(value.mean == Approx(towers_value("motion_smoothness")).epsilon(1e-6));
  CHECK(value.name == "motion_smoothness_random_weights");
  CHECK_THAT(refusal_of("motion_smoothness", network, towers_clip().narrow(0, 0, 2)),
             Catch::Contains("expected at least 3 scored frames, got 2"));
}

TEST_CASE("dynamic degree is 1 for a clip in motion, by frames at about 8 a second") {
  const std::string network = towers_file("optical-flow.pt");
  const auto degree = [&](const at::Tensor& clip, double rate) {
    return measured_clip("dynamic_degree", network, clip, {"", rate}).mean;
  };
  CHECK(degree(towers_clip(), 8) == towers_value("dynamic_degree_8"));
  CHECK(degree(towers_clip(), 24) == towers_value("dynamic_degree_24"));
  CHECK(degree(towers_clip(), 1) == towers_value("dynamic_degree_1"));
  CHECK(degree(towers_clip().narrow(0, 0, 1).expand({11, -1, -1, -1}), 8) ==
        towers_value("dynamic_degree_still"));
  CHECK_THROWS_WITH(degree(towers_clip(), 0), Catch::Contains("states its frame rate"));
}

TEST_CASE("imaging quality is the network's score of each frame, divided by 100") {
  const MetricValue value =
      measured_clip("imaging_quality", towers_file("image-quality.pt"), towers_clip());
  const at::Tensor expected = towers_tensor("imaging_quality");
  REQUIRE(value.per_frame.size() == static_cast<std::size_t>(expected.numel()));
  for (std::size_t i = 0; i < value.per_frame.size(); ++i) {
    CHECK(value.per_frame[i] ==
          Approx(expected[static_cast<std::int64_t>(i)].item<float>()).epsilon(1e-5));
  }
  CHECK_THAT(refusal_of("imaging_quality", towers_file("i3d.pt"), towers_clip()),
             Catch::Contains("expected weights of network 'image-quality', got 'i3d'"));
}
