#include "engine/adaptation/methods/lora.h"
#include "engine/checkpoint/safetensors.h"
#include "tests/support/torch_catch.h"
#include "tests/unit/adaptation/fake_backbone.h"

#include <fmt/format.h>

using namespace cox;
using namespace cox::engine;

namespace {

/// One layer that fuses three of width 4.
struct FusedBackbone final : test::FakeBackbone {
  FusedBackbone() : FakeBackbone(at::kDouble) {}
  BackboneShape shape() const override { return {1, 4, 10, kChannels}; }
  std::vector<LinearSiteShape> linear_sites() const override { return {{site, 6, 12}}; }

  LinearSite site{0, LinearKind::kQueryKeyValue, "qkv", "blocks.0.qkv"};
};

/// Compares term and gradients of the pairs of one case with PyTorch's.
void check_pairs(const std::string& name, LoraSettings settings) {
  INFO(name);
  const Checkpoint fixture =
      Checkpoint::open(COX_SOURCE_DIR "/tests/parity/fixtures/adaptation/lora_pairs.safetensors");
  const auto stored = [&](const std::string& key) { return fixture.load(name + "." + key); };
  FusedBackbone backbone;
  const VideoRandom random{7, 0, "clip"};
  settings.rank = 2;
  settings.adapts = [](const LinearSite&) { return true; };
  const auto lora = attach_lora(settings, {backbone, random, at::kDouble});
  const std::vector<TrainedTensor> tensors = lora->groups().at(0).tensors;
  {
    const at::NoGradGuard no_grad;
    tensors[0].value.copy_(stored("down"));
    for (size_t j = 1; j < tensors.size(); ++j) {
      tensors[j].value.copy_(stored(fmt::format("up.{}", j - 1)));
    }
  }
  const at::Tensor x = stored("x");
  const at::Tensor term = lora->adapter().linear(backbone.site, x, at::zeros_like(stored("term")));
  CHECK(relative_error(term.detach(), stored("term")) < 1e-12);
  (term * stored("weight")).sum().backward();
  CHECK(relative_error(tensors[0].leaf.grad(), stored("down.grad")) < 1e-12);
  for (size_t j = 1; j < tensors.size(); ++j) {
    CHECK(relative_error(tensors[j].leaf.grad(), stored(fmt::format("up.{}.grad", j - 1))) < 1e-12);
  }
}

}  // namespace

TEST_CASE("fused and split pairs have PyTorch's terms and gradients") {
  check_pairs("fused", {.scale = 1.5});
  check_pairs("split", {.scale = 1.5, .split = true});
  check_pairs("paper", {.scale = 3});
}

TEST_CASE("a split layer has a pair for each layer that it fuses") {
  FusedBackbone backbone;
  const VideoRandom random{7, 0, "clip"};
  LoraSettings settings{.rank = 2, .split = true};
  settings.adapts = [](const LinearSite&) { return true; };
  const auto lora = attach_lora(settings, {backbone, random});
  const std::vector<TrainedTensor> tensors = lora->groups().at(0).tensors;
  REQUIRE(tensors.size() == 4);
  CHECK(tensors[0].value.sizes() == at::IntArrayRef({6, 6}));
  CHECK(tensors[1].value.sizes() == at::IntArrayRef({4, 2}));
  CHECK(tensors[3].name == "blocks.0.qkv.B.2");
}
