// I3D's features against the same TorchScript file in Python: tests/parity/fixtures/make_towers.py.

#include "engine/metrics/fvd.h"

#include <unistd.h>

#include <catch2/catch.hpp>
#include <filesystem>
#include <fstream>

#include "engine/metrics/script_network.h"
#include "tools/init/random_i3d.h"
#include "towers_fixture.h"

using namespace cox;
using namespace cox::engine;

namespace {

at::Tensor features_of(const std::string& metric, const std::string& weights,
                       const at::Tensor& clip) {
  std::vector<float> features = measured_clip(metric, weights, clip).features;
  return at::from_blob(features.data(), {static_cast<std::int64_t>(features.size())}, at::kFloat)
      .clone();
}

}  // namespace

TEST_CASE("a clip's features are I3D's of the generated frames, then of the reference frames") {
  const std::string i3d = towers_file("i3d.pt");
  const at::Tensor clip = towers_clip();
  const at::Tensor whole = features_of("fvd_stylegan_v", i3d, clip);
  REQUIRE(whole.numel() == 20);
  CHECK(relative_l2(whole.narrow(0, 0, 10), towers_tensor("i3d_stylegan_v")[0]) < 1e-5);
  CHECK(at::equal(whole.narrow(0, 0, 10), whole.narrow(0, 10, 10)));
  CHECK(relative_l2(features_of("fvd_dfot", i3d, clip).narrow(0, 0, 10),
                    towers_tensor("i3d_dfot")[0]) < 1e-5);
  CHECK(relative_l2(features_of("fvd_dfot", i3d, clip.narrow(0, 0, 7)).narrow(0, 0, 10),
                    towers_tensor("i3d_dfot_short")[0]) < 1e-5);
  CHECK(measured_clip("fvd_dfot", i3d, clip).name == "fvd_dfot_random_weights");
}

TEST_CASE("VideoMAE sees the first 16 frames of a clip, as cd-fvd prepares them") {
  const std::string videomae = towers_file("videomae.pt");
  const at::Tensor clip = at::cat({towers_clip(), towers_clip().narrow(0, 0, 5)});
  const at::Tensor features = features_of("fvd_videomae", videomae, clip);
  REQUIRE(features.numel() == 24);
  CHECK(relative_l2(features.narrow(0, 0, 12), towers_tensor("videomae")[0]) < 1e-5);
  CHECK(at::equal(features.narrow(0, 0, 12), features.narrow(0, 12, 12)));
  const at::Tensor longer = at::cat({clip, at::zeros_like(clip)});
  CHECK(at::equal(features_of("fvd_videomae", videomae, longer), features));
  CHECK(measured_clip("fvd_videomae", videomae, clip).name == "fvd_videomae_random_weights");
  CHECK_THAT(refusal_of("fvd_videomae", towers_file("i3d.pt"), clip),
             Catch::Contains("expected weights of network 'videomae', got 'i3d'"));
}

TEST_CASE("clips that are too short for their network are refused") {
  const at::Tensor clip = towers_clip();
  CHECK_THAT(refusal_of("fvd_videomae", towers_file("videomae.pt"), clip),
             Catch::Contains("expected at least 16 scored frames, got 11"));
  CHECK_THAT(refusal_of("fvd_stylegan_v", towers_file("i3d.pt"), clip.narrow(0, 0, 8)),
             Catch::Contains("expected at least 9 scored frames, got 8"));
  CHECK_THAT(refusal_of("fvd_dfot", towers_file("i3d.pt"), clip.narrow(0, 0, 4)),
             Catch::Contains("expected at least 5 scored frames, got 4"));
}

TEST_CASE("files that are not TorchScript, or hold another network, are rejected") {
  const std::string junk =
      (std::filesystem::temp_directory_path() / ("cox_junk_" + std::to_string(::getpid())))
          .string();
  std::ofstream(junk) << "no archive";
  CHECK_THAT(refusal_of("fvd_dfot", junk, towers_clip()),
             Catch::Contains("expected a TorchScript file"));
  std::filesystem::remove(junk);
  CHECK_THAT(refusal_of("fvd_dfot", towers_file("optical-flow.pt"), towers_clip()),
             Catch::Contains("expected weights of network 'i3d', got 'optical-flow'"));
}

TEST_CASE("a random network of I3D's interface has 400 features, equal however often it ran") {
  const std::string path =
      (std::filesystem::temp_directory_path() / ("cox_i3d_" + std::to_string(::getpid()) + ".pt"))
          .string();
  write_random_i3d({path, 3});
  const at::Tensor clip = towers_clip();
  const auto metric = make_metric("fvd_stylegan_v", {path});
  const ReferenceFeatures reference = metric->prepare(clip);
  CHECK(metric->recorded_name() == "fvd_stylegan_v_random_weights");
  const MetricValue first = measure(*metric, clip, reference);
  CHECK(first.features.size() == 800);
  for (int run = 0; run < 4; ++run)
    CHECK(measure(*metric, clip, reference).features == first.features);
  write_random_i3d({path, 4});
  CHECK(measured_clip("fvd_stylegan_v", path, clip).features != first.features);
  const ScriptNetwork network = ScriptNetwork::load(path, at::kCPU);
  CHECK_THROWS_WITH(network.run({at::zeros({1, 3, 8, 16, 16})}),
                    Catch::Contains("expected at least 9 frames"));
  std::filesystem::remove(path);
}
