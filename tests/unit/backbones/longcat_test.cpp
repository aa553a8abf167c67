#include <set>

#include "engine/checkpoint/checksum.h"
#include "tests/unit/backbones/small_model.h"

using namespace cox;
using namespace cox::engine;
using Catch::Matchers::Contains;

namespace {

constexpr int kBlocks = 3;

/// Counts every call of every seam.
class Counter : public Adapter {
 public:
  at::Tensor time_embedding(at::Tensor t) const override { return count("time", t); }
  at::Tensor block_time_embedding(int block, at::Tensor t) const override {
    return count("block_time." + std::to_string(block), t);
  }
  at::Tensor final_time_embedding(at::Tensor t) const override { return count("final_time", t); }
  at::Tensor block_modulation(int block, at::Tensor m) const override {
    return count("modulation." + std::to_string(block), m);
  }
  at::Tensor block_output(int block, at::Tensor h) const override {
    return count("output." + std::to_string(block), h);
  }
  at::Tensor final_hidden(at::Tensor h) const override { return count("final_hidden", h); }
  bool leaves_product(const LinearSite&) const override { return false; }
  at::Tensor linear(const LinearSite& site, const at::Tensor& x, at::Tensor y) const override {
    sites_seen[site.name] = {x.size(-1), y.size(-1)};
    return count("linear." + std::to_string(site.block) + "." + site.name, y);
  }
  at::Tensor norm_parameter(const NormSite& site, at::Tensor stored) const override {
    return count("norm." + site.key, stored);
  }
  at::Tensor output(at::Tensor v) const override { return count("raw", v); }

  mutable std::map<std::string, int> calls;
  mutable std::map<std::string, std::pair<int64_t, int64_t>> sites_seen;

 private:
  at::Tensor count(const std::string& seam, at::Tensor tensor) const {
    ++calls[seam];
    return tensor;
  }
};

/// Every seam adds or multiplies by nothing, through real arithmetic.
class Zero : public Adapter {
 public:
  at::Tensor time_embedding(at::Tensor t) const override { return t + at::zeros({16}); }
  at::Tensor block_modulation(int, at::Tensor m) const override { return m + at::zeros({6 * 32}); }
  bool leaves_product(const LinearSite&) const override { return false; }
  at::Tensor linear(const LinearSite&, const at::Tensor& x, at::Tensor y) const override {
    const at::Tensor down = at::ones({2, x.size(-1)}), up = at::zeros({y.size(-1), 2});
    return y + at::linear(at::linear(x, down), up);
  }
  at::Tensor output(at::Tensor v) const override { return v + at::zeros({1, 4, 1, 1, 1}); }
};

std::set<std::string> names_of(const std::map<std::string, int>& calls) {
  std::set<std::string> names;
  for (const auto& [name, count] : calls) {
    INFO(name);
    CHECK(count == 1);
    names.insert(name);
  }
  return names;
}

}  // namespace

TEST_CASE("Every seam is called exactly once a pass, cached and uncached") {
  const at::NoGradGuard no_grad;
  const auto model = small_model();
  constexpr size_t kPerBlock = 3 + 9 + 6;  // time, modulation, output; linears; norm parameters
  constexpr size_t kWhole = 4;             // time, final time, final hidden, raw output
  for (const bool recompute : {false, true}) {
    model->set_recompute(recompute);
    for (const int64_t clean : {0, 2}) {
      const Counter counter;
      model->forward(small_input(clean), counter);
      CHECK(names_of(counter.calls).size() == kBlocks * kPerBlock + kWhole);
    }
  }

  const Counter prefilling;
  const ConditionCache cache = model->prefill(draw({1, 4, 2, 4, 6}, 1), prefilling);
  // Without cross attention (three linears, four norm parameters) and the final layer.
  CHECK(names_of(prefilling.calls).size() == kBlocks * (kPerBlock - 3 - 4) + 1);

  const Counter cached;
  BackboneInput input = small_input(0);
  input.cache = &cache;
  model->forward(input, cached);
  CHECK(names_of(cached.calls).size() == kBlocks * kPerBlock + kWhole);

  const Counter preparing, told;
  const TextCache text_cache = model->prepare_text(input.text, preparing);
  input.text_cache = &text_cache;
  model->forward(input, told);
  CHECK(names_of(preparing.calls).size() == kBlocks * 2);  // kv_linear and k_norm
  CHECK(names_of(told.calls).size() == kBlocks * (kPerBlock - 2) + kWhole);

  for (const LinearSiteShape& site : model->linear_sites()) {
    INFO(site.site.name);
    CHECK(cached.sites_seen.at(site.site.name) == std::pair(site.in, site.out));
  }
  CHECK(cached.sites_seen.size() * kBlocks == model->linear_sites().size());
}

TEST_CASE("An adapter that adds zeros changes no bit") {
  const at::NoGradGuard no_grad;
  const auto model = small_model();
  for (const int64_t clean : {0, 2}) {
    CHECK(at::equal(model->forward(small_input(clean), Zero()),
                    model->forward(small_input(clean), Adapter())));
  }
}

TEST_CASE("Prefill and cached pass equal the uncached pass, adapter included") {
  struct Shift : Adapter {
    at::Tensor time_embedding(at::Tensor t) const override { return t + 0.2; }
  };
  const at::NoGradGuard no_grad;
  const auto model = small_model();
  for (const bool shifted : {false, true}) {
    const std::unique_ptr<Adapter> adapter =
        shifted ? std::make_unique<Shift>() : std::make_unique<Adapter>();
    BackboneInput input = small_input(2);
    const at::Tensor whole = model->forward(input, *adapter).narrow(2, 2, 2);
    const ConditionCache cache = model->prefill(input.latents.narrow(2, 0, 2), *adapter);
    input.latents = input.latents.narrow(2, 2, 2);
    input.timestep = input.timestep.narrow(1, 2, 2);
    input.condition_latent_frames = 0;
    input.cache = &cache;
    CHECK(relative_error(model->forward(input, *adapter), whole) < 3e-6);
  }
}

TEST_CASE("A text prepared once gives the same bits") {
  const at::NoGradGuard no_grad;
  for (const bool zero_pad : {true, false}) {
    const auto model =
        random_backbone({},
                        JsonConfig::parse(kSmallConfig, "small")
                            .with_override("text_tokens_zero_pad", zero_pad ? "true" : "false"),
                        7);
    BackboneInput input = small_input(2);
    const at::Tensor before = model->forward(input, Adapter());
    const TextCache text_cache = model->prepare_text(input.text, Adapter());
    input.text_cache = &text_cache;
    CHECK(at::equal(model->forward(input, Adapter()), before));
    const at::AutoGradMode with_gradients(true);
    CHECK_THROWS_WITH(model->forward(input, Adapter()), Contains("text cache is for sampling"));
  }
}

TEST_CASE("Clean frames do not depend on noise and text; noisy frames depend on clean ones") {
  const at::NoGradGuard no_grad;
  const auto model = small_model();
  const BackboneInput input = small_input(2);
  const at::Tensor before = model->forward(input, Adapter());
  BackboneInput other = input;
  other.latents = at::cat({input.latents.narrow(2, 0, 2), draw({1, 4, 2, 4, 6}, 4)}, 2);
  other.text = small_text(1, 10);
  const at::Tensor after = model->forward(other, Adapter());
  CHECK(relative_error(after.narrow(2, 0, 2), before.narrow(2, 0, 2)) < 1e-6);

  other = input;
  other.latents = at::cat({draw({1, 4, 2, 4, 6}, 4), input.latents.narrow(2, 2, 2)}, 2);
  CHECK(relative_error(model->forward(other, Adapter()).narrow(2, 2, 2), before.narrow(2, 2, 2)) >
        1e-2);
}

TEST_CASE("Rows of padding may hold anything: they take part as zeros") {
  const at::NoGradGuard no_grad;
  const auto model = small_model();
  BackboneInput input = small_input(0);
  const at::Tensor before = model->forward(input, Adapter());
  input.text.states = input.text.states.clone();
  input.text.states.narrow(2, 3, 2).fill_(100);
  CHECK(at::equal(model->forward(input, Adapter()), before));
}

TEST_CASE("Wrong inputs are refused by the name of the tensor") {
  const auto model = small_model();
  const auto error_of = [&](const auto& change) -> std::string {
    BackboneInput input = small_input(2);
    change(input);
    try {
      model->forward(input, Adapter());
    } catch (const std::invalid_argument& error) {
      return error.what();
    }
    return "no error";
  };
  CHECK_THAT(
      error_of([](auto& i) {
        i.latents = at::zeros({1, 4, 4, 5, 6});
      }),
      Contains("latents: height 5 must be a positive multiple of 2") && Contains("multiple of 16"));
  CHECK_THAT(error_of([](auto& i) {
               i.latents = at::zeros({1, 4, 4, 4, 7});
             }),
             Contains("latents: width 7 must be a positive multiple of 2"));
  CHECK_THAT(error_of([](auto& i) {
               i.latents = at::zeros({1, 3, 4, 4, 6});
             }),
             Contains("latents: expected shape [*, 4, *, *, *], got [1, 3, 4, 4, 6]"));
  CHECK_THAT(error_of([](auto& i) {
               i.timestep = at::zeros({1, 3});
             }),
             Contains("timestep: expected shape [1, 4], got [1, 3]"));
  CHECK_THAT(error_of([](auto& i) {
               i.text.states = at::zeros({1, 1, 5, 11});
             }),
             Contains("text states"));
  CHECK_THAT(error_of([](auto& i) { i.text.mask = at::zeros({1, 4}); }), Contains("text mask"));
  CHECK_THAT(error_of([](auto& i) { i.condition_latent_frames = 4; }),
             Contains("must leave at least one"));
}

TEST_CASE("Training touches no weight") {
  const auto model = small_model();
  std::vector<std::pair<std::string, at::Tensor>> named;
  for (const NamedTensor& parameter : model->parameters()) {
    CHECK(!parameter.tensor.requires_grad());
    named.emplace_back(parameter.name, parameter.tensor);
  }
  const uint64_t before = checksum_of(named);
  struct Shift : Adapter {
    at::Tensor delta = at::zeros({16}).set_requires_grad(true);
    at::Tensor time_embedding(at::Tensor t) const override { return t + delta; }
  } adapter;
  for (const bool recompute : {false, true}) {
    model->set_recompute(recompute);
    model->forward(small_input(2), adapter).square().mean().backward();
    CHECK(adapter.delta.grad().norm().item<double>() > 0);
    adapter.delta.mutable_grad().reset();
  }
  CHECK(checksum_of(named) == before);
}

TEST_CASE("In bf16 the raw output is fp32 and close to fp32's") {
  const at::NoGradGuard no_grad;
  const auto wide = small_model(), narrow = small_model(Precision::kBf16);
  const at::Tensor raw = narrow->forward(small_input(2), Adapter());
  CHECK(raw.scalar_type() == at::kFloat);
  CHECK(narrow->compute_dtype() == at::kBFloat16);
  CHECK(relative_error(raw.narrow(2, 2, 2),
                       wide->forward(small_input(2), Adapter()).narrow(2, 2, 2)) < 0.1);
}

TEST_CASE("bf16 stays within two hundredths of fp32 after all blocks") {
  const at::NoGradGuard no_grad;
  const JsonConfig config = JsonConfig::parse(R"({
    "in_channels": 16, "out_channels": 16, "hidden_size": 256, "depth": 8, "num_heads": 4,
    "caption_channels": 64, "mlp_ratio": 4, "adaln_tembed_dim": 64,
    "frequency_embedding_size": 64, "patch_size": [1, 2, 2], "text_tokens_zero_pad": true})",
                                              "medium");
  const auto model_of = [&](Precision precision) {
    return random_backbone({"longcat-video", at::kCPU, precision}, config, 7);
  };
  const auto exact = model_of(Precision::kFp32), rounded = model_of(Precision::kBf16);
  BackboneInput input;
  input.latents = draw({1, 16, 4, 8, 12}, 1);
  input.timestep = at::full({1, 4}, 640, at::kFloat);  // a value that bf16 holds
  input.timestep.narrow(1, 0, 2).zero_();
  input.text = {draw({1, 1, 6, 64}, 2), at::ones({1, 6}, at::kLong)};
  input.condition_latent_frames = 2;
  const double error =
      relative_error(rounded->forward(input, Adapter()), exact->forward(input, Adapter()));
  INFO("relative L2 " << error);
  CHECK(error <= 2e-2);
  CHECK(error > 1e-4);  // bf16 it is
}
