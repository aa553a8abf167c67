#include "engine/backbones/wan/weights.h"
#include "engine/tensors/gradient.h"
#include "tests/unit/wan/small_wan.h"

using namespace cox;
using namespace cox::engine;
using Catch::Matchers::Contains;

namespace {

constexpr int64_t kHidden = 24;

/// Adds one vector to the embedding of all blocks, through their own seams or the common one.
class Shift : public Adapter {
 public:
  Shift(at::Tensor delta, bool by_block) : delta_(std::move(delta)), by_block_(by_block) {}
  at::Tensor time_embedding(at::Tensor t) const override { return by_block_ ? t : t + delta_; }
  at::Tensor block_time_embedding(int, at::Tensor t) const override {
    return by_block_ ? t + delta_ : t;
  }
  at::Tensor final_time_embedding(at::Tensor t) const override {
    return by_block_ ? t + delta_ : t;
  }

 private:
  at::Tensor delta_;
  bool by_block_;
};

/// Adds to every block's modulation.
class Offset : public Adapter {
 public:
  explicit Offset(at::Tensor offset) : offset_(std::move(offset)) {}
  at::Tensor block_modulation(int, at::Tensor m) const override { return m + offset_; }

 private:
  at::Tensor offset_;
};

/// Counts calls by seam.
class Calls : public Adapter {
 public:
  at::Tensor block_output(int block, at::Tensor h) const override {
    ++counts["output." + std::to_string(block)];
    return h;
  }
  bool leaves_product(const LinearSite&) const override { return false; }
  at::Tensor linear(const LinearSite& site, const at::Tensor&, at::Tensor y) const override {
    ++counts["linear." + site.key];
    return y;
  }
  at::Tensor norm_parameter(const NormSite& site, at::Tensor stored) const override {
    ++counts["norm." + site.key];
    return stored;
  }
  mutable std::map<std::string, int> counts;
};

}  // namespace

TEST_CASE("Wan: a vector at every block's seam and at the common seam gives the same result") {
  const at::NoGradGuard no_grad;
  const auto model = small_wan();
  const at::Tensor delta = 0.3 * drawn({kHidden}, 5);
  const at::Tensor common = model->forward(small_input(), Shift(delta, /*by_block=*/false));
  const at::Tensor by_block = model->forward(small_input(), Shift(delta, /*by_block=*/true));
  CHECK(relative_error(by_block, common) < 1e-6);
  CHECK(relative_error(common, model->forward(small_input(), Adapter())) > 1e-3);
}

TEST_CASE("Wan: a vector on the embedding is an offset of the modulation, one projection of it") {
  const at::NoGradGuard no_grad;
  const auto model = small_wan();
  // A timestep that no other frame shares, so that the embedding can be read through the seam.
  class Read : public Adapter {
   public:
    at::Tensor block_time_embedding(int, at::Tensor t) const override {
      seen = t;
      return t;
    }
    mutable at::Tensor seen;
  } read;
  model->forward(small_input(), read);
  const at::Tensor delta = 0.3 * drawn({kHidden}, 5);
  at::Tensor weight;
  for (const NamedTensor& parameter : model->parameters()) {
    if (parameter.name == "condition_embedder.time_proj.weight") weight = parameter.tensor;
  }
  class BlocksOnly : public Shift {
   public:
    using Shift::Shift;
    at::Tensor final_time_embedding(at::Tensor t) const override { return t; }
  };
  const at::Tensor offset = at::linear(at::silu(read.seen + delta) - at::silu(read.seen), weight);
  CHECK(relative_error(model->forward(small_input(), Offset(offset)),
                       model->forward(small_input(), BlocksOnly(delta, /*by_block=*/true))) < 1e-6);
}

TEST_CASE("Wan: one timestep for all frames equals the same timestep for each") {
  const at::NoGradGuard no_grad;
  const auto model = small_wan();
  BackboneInput each = small_input();
  each.timestep = at::full({1, 3}, 640, at::kFloat);
  CHECK(relative_error(model->forward(each, Adapter()), model->forward(small_input(), Adapter())) <
        1e-6);
}

TEST_CASE("Wan: a text mask zeroes rows without removing them") {
  const at::NoGradGuard no_grad;
  const auto model = small_wan();
  BackboneInput masked = small_input(), zeroed = small_input();
  masked.text.mask = at::ones({1, 5}, at::kLong);
  masked.text.mask.narrow(1, 3, 2).zero_();
  zeroed.text.states = zeroed.text.states.clone();
  zeroed.text.states.narrow(2, 3, 2).zero_();
  CHECK(model->forward(masked, Adapter()).equal(model->forward(zeroed, Adapter())));
}

TEST_CASE("Wan: recomputed blocks give the same gradients") {
  const auto model = small_wan();
  at::Tensor gradients[2];
  for (const bool recompute : {false, true}) {
    model->set_recompute(recompute);
    const at::Tensor delta = at::zeros({kHidden}).set_requires_grad(true);
    model->forward(small_input(), Shift(delta, /*by_block=*/true)).square().mean().backward();
    gradients[recompute ? 1 : 0] = delta.grad().clone();
  }
  CHECK(relative_error(gradients[1], gradients[0]) < 1e-5);
}

TEST_CASE("Wan: every layer and norm site is reached once per pass") {
  const at::NoGradGuard no_grad;
  const auto model = small_wan();
  const Calls calls;
  model->forward(small_input(), calls);
  std::map<std::string, int> expected;
  for (int block = 0; block < 3; ++block) expected["output." + std::to_string(block)] = 1;
  for (const LinearSiteShape& site : model->linear_sites()) expected["linear." + site.site.key] = 1;
  for (const NormSiteShape& site : model->norm_sites()) expected["norm." + site.site.key] = 1;
  CHECK(calls.counts == expected);
  CHECK(model->linear_sites().size() == 3 * 10);
  CHECK(model->norm_sites().size() == 3 * 6);
}

TEST_CASE("Wan: bf16 stays near fp32") {
  const at::NoGradGuard no_grad;
  const auto wide = small_wan();
  const auto narrow = wan::transformers().random(small_config(), 7, {at::kCPU, Precision::kBf16});
  CHECK(relative_error(narrow->forward(small_input(), Adapter()),
                       wide->forward(small_input(), Adapter())) < 0.03);
}

TEST_CASE("Wan: unsupported configs are refused, naming the key") {
  const auto refused = [](const std::string& key, const std::string& value) {
    return wan::Config::from_json(small_config().with_override(key, value));
  };
  CHECK_THROWS_WITH(refused("qk_norm", "\"rms_norm\""), Contains("qk_norm"));
  CHECK_THROWS_WITH(refused("cross_attn_norm", "false"), Contains("cross_attn_norm"));
  CHECK_THROWS_WITH(refused("patch_size", "[2, 2, 2]"), Contains("patch_size"));
  CHECK_THROWS_WITH(refused("pos_embed_seq_len", "514"), Contains("pos_embed_seq_len"));
  CHECK_THROWS_WITH(refused("image_dim", "12"), Contains("added_kv_proj_dim"));
  CHECK_THROWS_WITH(refused("in_channels", "2"), Contains("in_channels"));
  CHECK_THROWS_WITH(refused("_class_name", "\"CogVideoXTransformer3DModel\""),
                    Contains("another family"));
}

TEST_CASE("Wan: latents beyond the positions of the model are refused") {
  BackboneInput input = small_input();
  input.latents = at::zeros({1, 4, 33, 4, 4});
  CHECK_THROWS_WITH(small_wan()->forward(input, Adapter()), Contains("32 positions"));
}
