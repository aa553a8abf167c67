// The image towers against torchvision and transformers: tests/parity/fixtures/make_towers.py.

#include <ATen/ops/upsample_bicubic2d.h>

#include <catch2/catch.hpp>

#include "base/file.h"
#include "base/log.h"
#include "engine/metrics/clip_frames.h"
#include "engine/metrics/frame_embedder.h"
#include "engine/tensors/error.h"
#include "engine/vision/vision_transformer.h"
#include "hashed.h"
#include "tests/support/temporary_directory.h"
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

/// What scripts/convert_clip.py --vocabulary says of random weights.
std::map<std::string, std::string> random_b32_with_tokenizer() {
  std::map<std::string, std::string> metadata = prompt_fixture().tokenizer;
  metadata.insert(kRandomB32.begin(), kRandomB32.end());
  return metadata;
}

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
  // Tests only the network: pictures of its own size are neither resized nor cropped.
  const at::Tensor levels = towers_tensor("clip_levels").to(at::kFloat);
  CHECK(relative_l2(embedder.embed(levels / 255), towers_tensor("clip")) < kTolerance);
  CHECK(relative_l2(embedder.embed(towers_clip()), towers_tensor("clip")) < kTolerance);
}

TEST_CASE("bicubic levels differ from VBench's fp32 only where that cannot tell a half") {
  const std::int64_t side = 32;  // of the small network
  const at::Tensor resized = resized_levels(towers_clip(), side, Interpolation::kBicubic);
  CHECK(at::equal(center(resized, side), towers_tensor("clip_levels").to(at::kFloat)));
  const at::Tensor exact =
      at::upsample_bicubic2d(levels(towers_clip()).to(at::kDouble),
                             {resized.size(2), resized.size(3)}, /*align_corners=*/false);
  const at::Tensor gap = (center(resized, side) - towers_tensor("clip_levels_published")).abs();
  CHECK(gap.max().item<float>() == 1);
  CHECK(gap.sum().item<float>() == 3);  // of 33,792
  // Source positions are 52 / 41 of a pixel apart: fp32 moves a level by as much.
  const at::Tensor to_half = (center(exact, side) - center(exact, side).floor() - 0.5).abs();
  CHECK((to_half * gap).max().item<double>() < 3e-4);
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

TEST_CASE("CLIP's text features equal the published network's, also of prompts that are too long") {
  const TowersFile file(hashed_state(small_clip_with_text()), random_b32_with_tokenizer());
  const FrameEmbedder embedder = FrameEmbedder::with_text(ImageTower::kClipB32, {file.path()});
  const at::Tensor expected = towers_tensor("prompts");
  const auto& prompts = prompt_fixture().prompts;
  REQUIRE(expected.size(0) == static_cast<std::int64_t>(prompts.size()));
  for (std::size_t i = 0; i < prompts.size(); ++i) {
    CAPTURE(prompts[i]);
    CHECK(relative_l2(embedder.embed_prompt(prompts[i]), expected[static_cast<std::int64_t>(i)]) <
          kTolerance);
  }
}

TEST_CASE("a prompt with more tokens than CLIP has positions is cut, which is logged") {
  const TowersFile file(hashed_state(small_clip_with_text()), random_b32_with_tokenizer());
  const FrameEmbedder embedder = FrameEmbedder::with_text(ImageTower::kClipB32, {file.path()});
  const cox::test::TemporaryDirectory folder;
  set_log_file(folder / "log");
  const at::Tensor longest = embedder.embed_prompt(std::string(75, '7'));
  const at::Tensor longer = embedder.embed_prompt(std::string(80, '7'));
  set_log_file("/dev/stderr");
  CHECK(at::equal(longest, longer));
  const std::string log = read_file(folder / "log").value();
  CHECK_THAT(log, Catch::Contains("the prompt was cut") && Catch::Contains("dropped_tokens=5"));
  CHECK(log.find("was cut") == log.rfind("was cut"));
}

TEST_CASE("similarity to the prompt is the cosine of each frame with it") {
  const TowersFile file(hashed_state(small_clip_with_text()), random_b32_with_tokenizer());
  const at::Tensor clip = towers_tensor("clip_levels").to(at::kFloat) / 255;
  const at::Tensor expected = towers_tensor("prompt_similarity");
  for (const std::int64_t i : {0, 3, 6}) {
    const std::string& prompt = prompt_fixture().prompts[static_cast<std::size_t>(i)];
    const MetricValue value = measured_clip("prompt_similarity", file.path(), clip, {prompt});
    CHECK(value.name == "prompt_similarity_random_weights");
    REQUIRE(value.per_frame.size() == static_cast<std::size_t>(expected.size(0)));
    double sum = 0;
    for (std::int64_t f = 0; f < expected.size(0); ++f) {
      const double cosine = expected[f][i].item<double>();
      CHECK(value.per_frame[static_cast<std::size_t>(f)] == Approx(cosine).margin(2e-6));
      sum += cosine;
    }
    CHECK(value.mean == Approx(sum / static_cast<double>(expected.size(0))).margin(2e-6));
  }
  // One frame is enough.
  CHECK(measured_clip("prompt_similarity", file.path(), clip.narrow(0, 0, 1), {"a cat"})
            .per_frame.size() == 1);
}

TEST_CASE("similarity to the prompt is refused with advice without a prompt or its network") {
  using Catch::Contains;
  const at::Tensor clip = towers_clip();
  const auto refusal = [&](const TowersFile& file, const std::string& prompt) {
    return refusal_of("prompt_similarity", file.path(), clip, prompt);
  };
  auto tensors = hashed_state(small_clip_with_text());
  const TowersFile whole(tensors, random_b32_with_tokenizer());
  CHECK_THAT(refusal(whole, ""),
             Contains("expected a prompt, got an empty one") && Contains("constant_prompt"));
  CHECK_THAT(refusal(whole, " \t"), Contains("expected a prompt, got an empty one"));
  CHECK(refusal(whole, "a cat") == "accepted");
  CHECK_THAT(refusal_of("prompt_similarity", "", clip, "a cat"),
             Contains("ViT-B-32.pt") && Contains("40d365715913") &&
                 Contains("scripts/convert_clip.py --vocabulary"));
  const TowersFile image_only(hashed_state(small_clip()), random_b32_with_tokenizer());
  CHECK_THAT(refusal(image_only, "a cat"),
             Contains("text_projection.weight") && Contains("convert_clip.py --vocabulary"));
  const TowersFile wordless(tensors, kRandomB32);
  CHECK_THAT(refusal(wordless, "a cat"),
             Contains("'vocab.json', got none") && Contains("convert_clip.py --vocabulary"));
  auto metadata = random_b32_with_tokenizer();
  metadata["network"] = "clip-vit-l14";
  CHECK_THAT(refusal(TowersFile(tensors, metadata), "a cat"),
             Contains("expected weights of network 'clip-vit-b32', got 'clip-vit-l14'"));
  // The other metrics over CLIP use only the image tower.
  CHECK_THAT(refusal_of("clip_similarity", whole.path(), clip), Contains("text_model."));
  tensors["text_model.embeddings.token_embedding.weight"] =
      tensors["text_model.embeddings.token_embedding.weight"].narrow(0, 0, 600).contiguous();
  CHECK_THAT(refusal(TowersFile(tensors, random_b32_with_tokenizer()), "a cat"),
             Contains("the tokenizer has 634 pieces") && Contains("only 600"));
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
  auto huge = dino;
  huge["layernorm.weight"] = huge["layernorm.weight"] * 2.5e38;
  CHECK_THAT(
      refusal_of("subject_consistency", TowersFile(huge, kRandomDino).path(), clip),
      Contains("subject_consistency_random_weights: the frames are finite, but the value is not") &&
          Contains("overflows or holds NaN"));
  dino["layernorm.bias"].select(0, 3).fill_(std::nan(""));
  CHECK_THAT(refusal_of("subject_consistency", TowersFile(dino, kRandomDino).path(), clip),
             Contains("layernorm.bias"));
  dino = hashed_state(small_dino());
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
