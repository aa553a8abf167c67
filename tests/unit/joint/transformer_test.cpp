// CogVideoX and Open-Sora: the inputs of their seams, and equality with and without recomputation.

#include "engine/backbones/cogvideox/factory.h"
#include "engine/backbones/open_sora/factory.h"
#include "engine/backbones/published.h"
#include "engine/tensors/gradient.h"
#include "engine/tensors/random.h"
#include "tests/support/torch_catch.h"

using namespace cox;
using namespace cox::engine;
using Catch::Matchers::Contains;

namespace {

constexpr int64_t kText = 5, kFrames = 2, kHeight = 4, kWidth = 6;
constexpr int64_t kTokens = kFrames * kHeight * kWidth / 4;

JsonConfig with(JsonConfig config, const std::map<std::string, std::string>& entries) {
  for (const auto& [key, value] : entries) config = config.with_override(key, value);
  return config;
}

std::unique_ptr<Backbone> small_cogvideox() {
  return cogvideox::transformers().random(
      with(published_part("cogvideox-5b", "transformer"), {{"num_attention_heads", "2"},
                                                           {"attention_head_dim", "16"},
                                                           {"in_channels", "4"},
                                                           {"out_channels", "4"},
                                                           {"time_embed_dim", "24"},
                                                           {"text_embed_dim", "20"},
                                                           {"num_layers", "3"},
                                                           {"max_text_seq_length", "5"}}),
      3, {});
}

std::unique_ptr<Backbone> small_open_sora() {
  return open_sora::transformers().random(
      with(published_part("open-sora-2.0", "transformer"), {{"in_channels", "16"},
                                                            {"vec_in_dim", "12"},
                                                            {"context_in_dim", "20"},
                                                            {"hidden_size", "32"},
                                                            {"num_heads", "2"},
                                                            {"depth", "2"},
                                                            {"depth_single_blocks", "2"},
                                                            {"axes_dim", "[4, 6, 6]"}}),
      3, {});
}

at::Tensor numbers(int64_t number, at::IntArrayRef shape) {
  return RandomStream({7, 0, "clip", Purpose::kRandomModel, static_cast<uint64_t>(number)})
      .normal(shape);
}

BackboneInput question(const Backbone& backbone) {
  BackboneInput input;
  input.latents = numbers(0, {1, backbone.shape().latent_channels, kFrames, kHeight, kWidth});
  input.timestep = at::full({1, 1}, 400.0);
  input.text.states = numbers(1, {1, 1, kText, 20});
  if (backbone.shape().time_embedding == backbone.shape().hidden) {  // Open-Sora
    input.text.pooled = numbers(2, {1, 12});
    input.channel_condition = numbers(3, {1, 5, kFrames, kHeight, kWidth});
  }
  return input;
}

/// Adds one vector to the modulation of every block and records the inputs of the other seams.
class Probe : public Adapter {
 public:
  explicit Probe(at::Tensor vector) : vector_(std::move(vector)) {}

  at::Tensor block_time_embedding(int, at::Tensor t) const override { return t + vector_; }
  at::Tensor block_output(int block, at::Tensor h) const override {
    blocks.push_back(block);
    CHECK(h.size(1) == kTokens);
    return h;
  }

  mutable std::vector<int> blocks;

 private:
  at::Tensor vector_;
};

void check_recompute(Backbone& backbone) {
  const at::Tensor vector =
      numbers(5, {backbone.shape().time_embedding}).mul_(0.1).set_requires_grad(true);
  const Probe probe(vector);
  const auto gradient = [&](bool recompute) {
    backbone.set_recompute(recompute);
    return gradients(backbone.forward(question(backbone), probe).square().mean(), {vector})[0];
  };
  const at::Tensor kept = gradient(false), recomputed = gradient(true);
  CHECK(kept.abs().max().item<double>() > 0);
  CHECK(relative_error(recomputed, kept) < 1e-6);
}

void check_seams(Backbone& backbone, const std::vector<int>& blocks) {
  const at::NoGradGuard no_grad;
  const Probe probe(at::zeros({backbone.shape().time_embedding}));
  const at::Tensor plain = backbone.forward(question(backbone), Adapter());
  CHECK(at::equal(backbone.forward(question(backbone), probe), plain));
  CHECK(probe.blocks == blocks);
}

}  // namespace

TEST_CASE("seams of joint attention see every block once, and only the tokens of the latents") {
  check_seams(*small_cogvideox(), {0, 1, 2});
  check_seams(*small_open_sora(), {0, 1, 2, 3});
}

TEST_CASE("gradients are the same when blocks are recomputed") {
  check_recompute(*small_cogvideox());
  check_recompute(*small_open_sora());
}

TEST_CASE("unsupported and missing inputs are refused by name") {
  const at::NoGradGuard no_grad;
  const auto cogvideox = small_cogvideox();
  BackboneInput input = question(*cogvideox);
  input.channel_condition = at::zeros_like(input.latents);
  CHECK_THROWS_WITH(cogvideox->forward(input, Adapter()), Contains("no condition channels"));
  input = question(*cogvideox);
  input.timestep = at::zeros({1, kFrames});
  CHECK_THROWS_WITH(cogvideox->forward(input, Adapter()), Contains("timestep: expected shape"));
  input = question(*cogvideox);
  input.condition_latent_frames = 1;
  CHECK_THROWS_WITH(cogvideox->forward(input, Adapter()),
                    Contains("does not support clean frames"));

  const auto open_sora = small_open_sora();
  input = question(*open_sora);
  input.text.pooled = at::Tensor();
  CHECK_THROWS_WITH(open_sora->forward(input, Adapter()), Contains("pooled text"));
  input = question(*open_sora);
  input.channel_condition = at::Tensor();
  CHECK_THROWS_WITH(open_sora->forward(input, Adapter()), Contains("condition"));
  input = question(*open_sora);
  input.embedded_guidance = at::ones({1});
  CHECK_THROWS_WITH(open_sora->forward(input, Adapter()), Contains("not distilled"));
  input = question(*open_sora);
  input.latents = numbers(0, {1, 4, kFrames, 3, kWidth});
  CHECK_THROWS_WITH(open_sora->forward(input, Adapter()), Contains("height 3"));
}
