#include "engine/backbones/lora_file.h"

#include <ATen/ops/matmul.h>

#include <cmath>

#include "base/text.h"
#include "engine/checkpoint/safetensors.h"
#include "engine/tensors/error.h"
#include "engine/tensors/gradient.h"
#include "tests/support/temporary_directory.h"
#include "tests/unit/backbones/small_model.h"

using namespace cox;
using namespace cox::engine;
using Catch::Matchers::Contains;
using cox::concat;
using cox::test::TemporaryDirectory;

namespace {

using Tensors = std::map<std::string, at::Tensor>;

constexpr int64_t kRank = 3;
constexpr double kScale = 0.5;

std::string key_of(const std::string& layer) {
  std::string key = "lora";
  for (const std::string& word : cox::split(layer, '.')) key += "___lorahyphen___" + word;
  return key;
}

/// How many layers a published layer fuses: each has its own rows of `down`.
int64_t parts_of(const std::string& layer) {
  if (cox::ends_with(layer, "attn.qkv")) return 3;
  if (cox::ends_with(layer, "kv_linear")) return 2;
  if (layer == "final_layer.adaLN_modulation.1") return 2;
  if (cox::ends_with(layer, "adaLN_modulation.1")) return 6;
  return 1;
}

/// The layers that the published refinement file adapts; the cross attention's projection is none.
bool is_adapted(const std::string& layer) {
  const bool inner = cox::starts_with(layer, "blocks.") || cox::starts_with(layer, "final_layer.");
  return inner && !cox::ends_with(layer, "cross_attn.proj");
}

/// A file of the published layout for every layer of the backbone.
Tensors lora_tensors(Backbone& backbone, uint64_t number = 100) {
  Tensors tensors;
  for (Linear* layer : backbone.linear_layers()) {
    if (!is_adapted(layer->site.key)) continue;
    const std::string key = key_of(layer->site.key);
    const int64_t parts = parts_of(layer->site.key);
    const int64_t out = layer->weight.size(0), in = layer->weight.size(1);
    tensors[key + ".lora_down.weight"] = draw({parts * kRank, in}, number++) * 0.2;
    tensors[key + ".alpha_scale"] = at::full({}, kScale);
    for (int64_t j = 0; j < parts; ++j) {
      const std::string up =
          parts == 1 ? ".lora_up.weight" : concat(".lora_up.blocks.", j, ".weight");
      tensors[key + up] = draw({out / parts, kRank}, number++) * 0.2;
    }
  }
  return tensors;
}

/// W + multiplier * scale * up down for every part of every adapted layer: what the file means.
void merge(Backbone& model, const Tensors& lora, double multiplier = 1) {
  for (Linear* layer : model.linear_layers()) {
    if (!is_adapted(layer->site.key)) continue;
    const std::string key = key_of(layer->site.key);
    const int64_t parts = parts_of(layer->site.key);
    const std::vector<at::Tensor> downs = lora.at(key + ".lora_down.weight").chunk(parts);
    std::vector<at::Tensor> rows;
    for (int64_t j = 0; j < parts; ++j) {
      const std::string up =
          parts == 1 ? ".lora_up.weight" : concat(".lora_up.blocks.", j, ".weight");
      rows.push_back(at::matmul(lora.at(key + up), downs[static_cast<size_t>(j)]));
    }
    layer->weight = layer->weight + multiplier * kScale * at::cat(rows);
  }
}

std::unique_ptr<Backbone> merged_model(const Tensors& lora) {
  auto model = small_model();
  merge(*model, lora);
  return model;
}

/// Prefill and cached forward, the text's keys made once: the path of sampling.
at::Tensor cached_pass(const Backbone& model) {
  const at::NoGradGuard no_grad;
  BackboneInput input = small_input(2);
  const ConditionCache cache = model.prefill(input.latents.narrow(2, 0, 2), Adapter());
  const TextCache text = model.prepare_text(input.text, Adapter());
  input.latents = input.latents.narrow(2, 2, 2);
  input.timestep = input.timestep.narrow(1, 2, 2);
  input.condition_latent_frames = 0;
  input.cache = &cache;
  input.text_cache = &text;
  return model.forward(input, Adapter());
}

/// Steers the time embedding by a trained vector.
class Steer : public Adapter {
 public:
  at::Tensor time_embedding(at::Tensor t) const override { return t + delta; }
  at::Tensor delta = at::zeros({16}).requires_grad_(true);
};

at::Tensor steering_gradient(Backbone& model, bool recompute) {
  model.set_recompute(recompute);
  const Steer steer;
  const at::Tensor loss = model.forward(small_input(2), steer).square().sum();
  loss.backward();
  model.set_recompute(false);
  return steer.delta.grad();
}

/// What attaching a file of these tensors says; the backbone must be as it was.
std::string refusal(const Tensors& tensors) {
  const TemporaryDirectory folder;
  save_safetensors(folder / "lora.safetensors", tensors);
  const auto model = small_model();
  try {
    attach_loras(*model, {{folder / "lora.safetensors", "", 1}});
  } catch (const EngineError& error) {
    CHECK(error.cause() == FailureCause::kUser);
    CHECK_THAT(error.what(), Contains("lora.safetensors"));
    for (Linear* layer : model->linear_layers()) CHECK(layer->low_rank.empty());
    return error.what();
  }
  return "no error";
}

}  // namespace

TEST_CASE("A LoRA file in addition to the weights computes what merged weights compute") {
  const at::NoGradGuard no_grad;
  const TemporaryDirectory folder;
  const auto model = small_model();
  const Tensors lora = lora_tensors(*model);
  save_safetensors(folder / "lora.safetensors", lora);
  const auto merged = merged_model(lora);
  const at::Tensor before = model->forward(small_input(2), Adapter());

  attach_loras(*model, {{folder / "lora.safetensors", "", 1}});
  CHECK(relative_error(before, merged->forward(small_input(2), Adapter())) > 0.1);
  for (const int64_t clean : {0, 2}) {
    INFO(clean << " clean frames");
    CHECK(relative_error(model->forward(small_input(clean), Adapter()),
                         merged->forward(small_input(clean), Adapter())) < 1e-5);
  }
  CHECK(relative_error(cached_pass(*model), cached_pass(*merged)) < 1e-5);

  detach_loras(*model);
  CHECK(model->forward(small_input(2), Adapter()).equal(before));
}

TEST_CASE("Gradients of a method pass through a LoRA file, recomputed or kept") {
  const TemporaryDirectory folder;
  const auto model = small_model();
  const Tensors lora = lora_tensors(*model);
  save_safetensors(folder / "lora.safetensors", lora);
  const auto merged = merged_model(lora);
  attach_loras(*model, {{folder / "lora.safetensors", "", 1}});
  for (const bool recompute : {false, true}) {
    INFO("recompute " << recompute);
    CHECK(relative_error(steering_gradient(*model, recompute), steering_gradient(*merged, false)) <
          1e-4);
  }
}

TEST_CASE("In bf16 a LoRA file stays near the merged fp32 model") {
  const at::NoGradGuard no_grad;
  const TemporaryDirectory folder;
  const auto model = small_model(Precision::kBf16);
  const Tensors lora = lora_tensors(*model);
  save_safetensors(folder / "lora.safetensors", lora);
  attach_loras(*model, {{folder / "lora.safetensors", "", 1}});
  CHECK(relative_error(model->forward(small_input(2), Adapter()),
                       merged_model(lora)->forward(small_input(2), Adapter())) < 2e-2);
}

TEST_CASE("A second LoRA file replaces the first") {
  const at::NoGradGuard no_grad;
  const TemporaryDirectory folder;
  const auto model = small_model();
  const Tensors lora = lora_tensors(*model);
  Tensors one_layer;
  const std::string key = key_of("blocks.1.attn.proj");
  for (const auto& [name, tensor] : lora) {
    if (cox::starts_with(name, key + ".")) one_layer[name] = tensor;
  }
  REQUIRE(one_layer.size() == 3);
  save_safetensors(folder / "all.safetensors", lora);
  save_safetensors(folder / "one.safetensors", one_layer);
  attach_loras(*model, {{folder / "one.safetensors", "", 1}});
  const at::Tensor alone = model->forward(small_input(2), Adapter());
  attach_loras(*model, {{folder / "all.safetensors", "", 1}});
  CHECK_FALSE(model->forward(small_input(2), Adapter()).equal(alone));
  attach_loras(*model, {{folder / "one.safetensors", "", 1}});
  CHECK(model->forward(small_input(2), Adapter()).equal(alone));
}

TEST_CASE("Several LoRA files add up, each times its multiplier") {
  const at::NoGradGuard no_grad;
  const TemporaryDirectory folder;
  const auto model = small_model();
  const Tensors step = lora_tensors(*model, 100), look = lora_tensors(*model, 900);
  save_safetensors(folder / "step.safetensors", step);
  save_safetensors(folder / "look.safetensors", look);
  const auto merged = small_model();
  merge(*merged, step, -0.75);
  merge(*merged, look, 0.25);

  const WeightFile first{folder / "step.safetensors", "", -0.75};
  const WeightFile second{folder / "look.safetensors", "", 0.25};
  attach_loras(*model, {first, second});
  CHECK(relative_error(model->forward(small_input(2), Adapter()),
                       merged->forward(small_input(2), Adapter())) < 1e-5);
  CHECK(relative_error(cached_pass(*model), cached_pass(*merged)) < 1e-5);
  const at::Tensor both = model->forward(small_input(2), Adapter());
  attach_loras(*model, {first});
  CHECK(relative_error(model->forward(small_input(2), Adapter()), both) > 1e-2);
}

TEST_CASE("In bf16 the terms are rounded after each factor and summed before the layer's output") {
  const auto bf16 = [](const at::Tensor& x) { return x.to(at::kBFloat16).to(at::kFloat); };
  const auto drawn = [&](at::IntArrayRef shape, uint64_t number) {
    return draw(shape, number).to(at::kBFloat16);
  };
  const at::Tensor x = drawn({5, 16}, 1);
  Linear layer{drawn({8, 16}, 2), drawn({8}, 3)};
  layer.low_rank.push_back({drawn({3, 16}, 4), {drawn({8, 3}, 5)}, 0.3, 0.7});
  layer.low_rank.push_back({drawn({2, 16}, 6), {drawn({8, 2}, 7)}, 0.3, 1});
  const auto term = [&](const LowRank& low) {
    const at::Tensor up = at::linear(at::linear(x, low.down), low.up[0]).to(at::kFloat);
    return bf16(bf16(up * low.multiplier) * low.scale);
  };
  const at::Tensor sum = bf16(term(layer.low_rank[0]) + term(layer.low_rank[1]));
  const at::Tensor expected = bf16(at::linear(x, layer.weight, layer.bias).to(at::kFloat) + sum);
  CHECK(linear(layer, x).to(at::kFloat).equal(expected));
}

TEST_CASE("An invalid multiplier is rejected, and nothing is attached") {
  const TemporaryDirectory folder;
  const auto model = small_model();
  save_safetensors(folder / "lora.safetensors", lora_tensors(*model));
  const std::string path = folder / "lora.safetensors";
  for (const double multiplier : {0.0, std::nan(""), HUGE_VAL}) {
    INFO(multiplier);
    CHECK_THROWS_WITH(attach_loras(*model, {{path, "", 1}, {path, "", multiplier}}),
                      Contains("expected a finite multiplier other than 0"));
    for (Linear* layer : model->linear_layers()) CHECK(layer->low_rank.empty());
  }
}

TEST_CASE("A LoRA file that is not exactly of the published layout is refused by tensor") {
  const Tensors good = lora_tensors(*small_model());
  REQUIRE(refusal(good) == "no error");
  const std::string qkv = key_of("blocks.0.attn.qkv");
  const std::string proj = key_of("blocks.0.attn.proj");
  const auto without = [&](const std::string& name) {
    Tensors tensors = good;
    REQUIRE(tensors.erase(name) == 1);
    return tensors;
  };
  const auto with = [&](const std::string& name, const at::Tensor& tensor) {
    Tensors tensors = good;
    tensors[name] = tensor;
    return tensors;
  };
  CHECK_THAT(refusal(without(proj + ".lora_down.weight")),
             Contains("1 missing: " + proj + ".lora_down.weight"));
  CHECK_THAT(refusal(without(proj + ".lora_up.weight")),
             Contains("1 missing: " + proj + ".lora_up.weight"));
  CHECK_THAT(refusal(without(qkv + ".alpha_scale")),
             Contains("1 missing: " + qkv + ".alpha_scale"));
  CHECK_THAT(refusal(without(qkv + ".lora_up.blocks.1.weight")),
             Contains("1 extra: " + qkv + ".lora_up.blocks.2.weight"));
  CHECK_THAT(refusal(with(key_of("blocks.7.attn.proj") + ".alpha_scale", at::ones({}))),
             Contains("1 extra: " + key_of("blocks.7.attn.proj")));
  CHECK_THAT(refusal(with("blocks.0.attn.proj.lora_A.weight", at::ones({2, 2}))),
             Contains("1 extra: blocks.0.attn.proj.lora_A.weight"));
  CHECK_THAT(refusal(with(proj + ".lora_down.weight", at::zeros({kRank, 31}))),
             Contains(proj + ".lora_down.weight (config: [3, 32], file: [3, 31])"));
  CHECK_THAT(refusal(with(proj + ".alpha_scale", at::ones({2}))), Contains(proj + ".alpha_scale"));
  CHECK_THAT(refusal(with(proj + ".lora_up.weight",
                          at::full({32, kRank}, std::numeric_limits<double>::quiet_NaN()))),
             Contains(proj + ".lora_up.weight") && Contains("not finite"));
  CHECK_THAT(refusal({}), Contains("found none"));
}

TEST_CASE("Fused parts that do not divide a layer are refused") {
  Tensors tensors;
  const std::string key = key_of("blocks.0.attn.proj");
  tensors[key + ".lora_down.weight"] = at::zeros({3 * kRank, 32});
  tensors[key + ".alpha_scale"] = at::ones({});
  for (int j = 0; j < 3; ++j) {
    tensors[concat(key, ".lora_up.blocks.", j, ".weight")] = at::zeros({10, kRank});
  }
  CHECK_THAT(refusal(tensors), Contains("3 parts do not divide a layer of 32 outputs"));
}
