// The image towers against torchvision and transformers: tests/parity/fixtures/make_towers.py.

#include <catch2/catch.hpp>

#include "engine/metrics/clip_frames.h"
#include "engine/metrics/frame_embedder.h"
#include "engine/metrics/vision_transformer.h"
#include "engine/tensors/error.h"
#include "hashed.h"
#include "towers_fixture.h"

using namespace cox;
using namespace cox::engine;

namespace {

/// Of fp32 networks whose sums have another order here.
constexpr double kTolerance = 1e-5;

const std::map<std::string, std::string> kRandomDino = {{"network", "dino-vitb16"},
                                                        {"weights", "random"}};
const std::map<std::string, std::string> kRandomB32 = {{"network", "clip-vit-b32"},
                                                       {"weights", "random"}};
const std::map<std::string, std::string> kRandomL14 = {{"network", "clip-vit-l14"},
                                                       {"weights", "random"}};

/// CLIP with a linear head.
std::map<std::string, at::Tensor> clip_with_head() {
  std::map<std::string, at::Tensor> tensors = hashed_state(small_clip());
  tensors.merge(hashed_state({{"head.weight", {1, 48}}, {"head.bias", {1}}}));
  return tensors;
}

}  // namespace

TEST_CASE("frames are resized and cropped as torchvision does") {
  const at::Tensor clip = towers_clip();
  CHECK(at::equal(centered_levels(clip, 24), towers_tensor("centered").to(at::kFloat)));
  const at::Tensor two = clip.narrow(0, 0, 2);
  // Halves may round either way where processors add in another order.
  const auto near = [](const at::Tensor& a, const at::Tensor& b) {
    const at::Tensor gap = (a - b.to(at::kFloat)).abs();
    return gap.max().item<float>() <= 1 && gap.mean().item<float>() < 0.001;
  };
  CHECK(near(resized_levels(two, 20, Interpolation::kBilinear), towers_tensor("resized")));
  CHECK(near(resized_levels(two, 20, Interpolation::kBicubic), towers_tensor("resized_bicubic")));
}

TEST_CASE("DINO's class states equal the published network's, at its own size and at others") {
  const TowersFile file(hashed_state(small_dino()), kRandomDino);
  const FrameEmbedder embedder(ImageTower::kDinoB16, {file.path()});
  CHECK(relative_l2(embedder.embed(towers_clip()), towers_tensor("dino")) < kTolerance);
  const Checkpoint checkpoint = Checkpoint::open(file.path());
  WeightSource source = WeightSource::loading(checkpoint, at::kCPU, at::kFloat);
  const VisionTransformer network(vision_sizes(checkpoint, VisionKind::kDino), source);
  CHECK(relative_l2(network.class_state(towers_tensor("square")),
                    towers_tensor("dino_square").narrow(0, 0, 2)) < kTolerance);
}

TEST_CASE("CLIP's image features equal the published network's") {
  const TowersFile file(hashed_state(small_clip()), kRandomB32);
  const FrameEmbedder embedder(ImageTower::kClipB32, {file.path()});
  // The network by itself: pictures of its own size are neither resized nor cropped.
  const at::Tensor levels = towers_tensor("clip_levels").to(at::kFloat);
  CHECK(relative_l2(embedder.embed(levels / 255), towers_tensor("clip")) < kTolerance);
  // Behind the bicubic filter, whose halves round either way in a few pixels.
  CHECK(relative_l2(embedder.embed(towers_clip()), towers_tensor("clip")) < 10 * kTolerance);
}

TEST_CASE("similarities of frames follow VBench's formulas and those of neighbors") {
  const TowersFile dino(hashed_state(small_dino()), kRandomDino);
  const TowersFile clip(hashed_state(small_clip()), kRandomB32);
  const std::map<std::string, std::string> weights_of = {{"subject_consistency", dino.path()},
                                                         {"dino_similarity", dino.path()},
                                                         {"background_consistency", clip.path()},
                                                         {"clip_similarity", clip.path()}};
  for (const auto& [metric, weights] : weights_of) {
    const MetricValue value = measured_clip(metric, weights, towers_clip());
    INFO(metric);
    CHECK(value.mean == Approx(towers_value(metric)).epsilon(kTolerance));
    // Random weights never pass for the published ones.
    CHECK(value.name == metric + "_random_weights");
  }
}

TEST_CASE("a still clip resembles itself fully, and opposite points not at all") {
  const at::Tensor point = at::ones({1, 4}) / 2;
  CHECK(resemblance(FrameResemblance::kVbench, point.expand({3, 4}), "x") == Approx(1));
  const at::Tensor flip = at::cat({point, -point, point});
  CHECK(resemblance(FrameResemblance::kNeighbors, flip, "x") == Approx(-1));
  // (0 + 0) / 2 for the second frame, (0 + 1) / 2 for the third.
  CHECK(resemblance(FrameResemblance::kVbench, flip, "x") == Approx(0.25));
  CHECK_THROWS_AS(resemblance(FrameResemblance::kVbench, point, "x"), EngineError);
}

TEST_CASE("aesthetic quality is the head over CLIP features of length 1, divided by 10") {
  const TowersFile file(clip_with_head(), kRandomL14);
  const MetricValue value = measured_clip("aesthetic_quality", file.path(), towers_clip());
  const at::Tensor expected = towers_tensor("aesthetic_quality");
  REQUIRE(value.per_frame.size() == static_cast<std::size_t>(expected.numel()));
  for (std::size_t i = 0; i < value.per_frame.size(); ++i) {
    CHECK(value.per_frame[i] ==
          Approx(expected[static_cast<std::int64_t>(i)].item<float>()).epsilon(1e-4));
  }
}

TEST_CASE("weights of another network, without an origin or incomplete are refused with advice") {
  using Catch::Contains;
  const at::Tensor clip = towers_clip();
  auto dino = hashed_state(small_dino());
  CHECK_THAT(refusal_of("subject_consistency", "", clip),
             Contains("dino_vitbase16_pretrain.pth") && Contains("scripts/convert_dino.py"));
  CHECK_THAT(refusal_of("subject_consistency", TowersFile(dino, {}).path(), clip),
             Contains("convert_dino.py"));
  const TowersFile silent(dino, {});
  CHECK_THAT(refusal_of("subject_consistency", silent.path(), clip),
             Contains("a file that does not say") && Contains("scripts/convert_dino.py"));
  const TowersFile other(dino, kRandomB32);
  CHECK_THAT(refusal_of("subject_consistency", other.path(), clip),
             Contains("expected weights of network 'dino-vitb16', got 'clip-vit-b32'"));
  const TowersFile odd(dino, {{"network", "dino-vitb16"}, {"weights", "good"}});
  CHECK_THAT(refusal_of("subject_consistency", odd.path(), clip),
             Contains("'trained' or 'random'"));
  dino.erase("encoder.layer.1.layernorm_after.bias");
  const TowersFile partial(dino, kRandomDino);
  CHECK_THAT(refusal_of("subject_consistency", partial.path(), clip),
             Contains("encoder.layer.1.layernorm_after.bias"));
  // The head of aesthetic_quality must be there, and nowhere else.
  const TowersFile headless(hashed_state(small_clip()), kRandomL14);
  CHECK_THAT(refusal_of("aesthetic_quality", headless.path(), clip), Contains("head.weight"));
  const TowersFile headed(clip_with_head(), kRandomB32);
  CHECK_THAT(refusal_of("clip_similarity", headed.path(), clip), Contains("head."));
}
