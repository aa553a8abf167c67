#include "engine/tensors/gradient.h"
#include "tests/parity/dit/fixture.h"

using namespace cox;
using namespace cox::engine;
using namespace cox::engine::parity;

namespace {

constexpr int64_t kDepth = 3, kGroups = 2;

using Tensors = std::map<std::string, at::Tensor>;

/// The trained tensors of one kind, as leaves.
Tensors leaves_of(const std::string& kind) {
  Tensors leaves;
  const std::string prefix = "grad." + kind + ".param.";
  const Checkpoint fixture = Checkpoint::open(kFixture + "/expected.safetensors");
  for (const auto& [name, stored] : fixture.tensors()) {
    if (name.rfind(prefix, 0) != 0) continue;
    leaves[name.substr(prefix.size())] = expected(name).clone().set_requires_grad(true);
  }
  REQUIRE(!leaves.empty());
  return leaves;
}

/// Puts the trained tensors of every kind where the reference script put them.
class AllSeams : public Adapter {
 public:
  AllSeams(std::string kind, const Tensors& leaves) : kind_(std::move(kind)), leaves_(leaves) {}

  at::Tensor time_embedding(at::Tensor t) const override {
    return kind_.rfind("delta_global", 0) == 0 ? t + leaves_.at("delta") : t;
  }
  at::Tensor block_time_embedding(int block, at::Tensor t) const override {
    return kind_ == "delta_blocks" ? t + leaves_.at("delta")[block * kGroups / kDepth] : t;
  }
  at::Tensor block_modulation(int block, at::Tensor m) const override {
    return kind_ == "film_full" ? m + leaves_.at("film")[block * kGroups / kDepth] : m;
  }
  bool leaves_product(const LinearSite&) const override { return false; }
  at::Tensor linear(const LinearSite& site, const at::Tensor& x, at::Tensor y) const override {
    const auto a = leaves_.find(site.key + ".A");
    if (a == leaves_.end()) return y;
    constexpr double kAlpha = 1.5;
    return y + kAlpha * at::linear(at::linear(x, a->second), leaves_.at(site.key + ".B"));
  }
  at::Tensor norm_parameter(const NormSite& site, at::Tensor stored) const override {
    const auto found = leaves_.find(site.key);
    return found == leaves_.end() ? stored : found->second;
  }
  at::Tensor output(at::Tensor v) const override {
    return kind_ == "output_bias" ? v + leaves_.at("bias").view({1, -1, 1, 1, 1}) : v;
  }

 private:
  std::string kind_;
  const Tensors& leaves_;
};

at::Tensor flow_loss(const Backbone& model, const Adapter& adapter, bool flipped) {
  const at::Tensor& clean = expected("grad.clean");
  const at::Tensor& noise = expected("grad.noise");
  const double sigma = expected("grad.sigma").item<float>();
  const int64_t frames = clean.size(2);
  const at::Tensor target = clean.narrow(2, kClean, frames - kClean);
  BackboneInput input;
  input.latents = at::cat({clean.narrow(2, 0, kClean), (1 - sigma) * target + sigma * noise}, 2);
  input.timestep = at::cat(
      {at::zeros({1, kClean}), at::full({1, frames - kClean}, 1000 * sigma, at::kFloat)}, 1);
  input.text = {expected("grad.text_states"), expected("grad.text_mask")};
  input.condition_latent_frames = kClean;
  const at::Tensor raw = model.forward(input, adapter).narrow(2, kClean, frames - kClean);
  return (raw - (flipped ? noise - target : target - noise)).square().mean();
}

/// Loss and gradients of one kind against the fixture; returns the largest gradient error.
double check_kind(Backbone& model, const std::string& kind, Tensors leaves) {
  INFO(kind);
  const AllSeams adapter(kind, leaves);
  const at::Tensor loss = flow_loss(model, adapter, kind == "delta_global_flipped");
  CHECK(relative_error(loss.detach().view({1}), expected("grad." + kind + ".loss")) <
        kStageTolerance);
  std::vector<at::Tensor> order;
  for (const auto& [name, leaf] : leaves) order.push_back(leaf);
  const std::vector<at::Tensor> got = gradients(loss, order);
  double worst = 0;
  size_t i = 0;
  for (const auto& [name, leaf] : leaves) {
    worst = std::max(worst, relative_error(got[i++], expected("grad." + kind + ".grad." + name)));
  }
  CHECK(worst < kGradientTolerance);
  return worst;
}

}  // namespace

TEST_CASE("Gradients of every seam agree, with and without recomputation") {
  const auto model = load_model();
  for (const bool recompute : {false, true}) {
    model->set_recompute(recompute);
    for (const std::string kind :
         {"delta_global", "delta_global_flipped", "delta_blocks", "film_full", "output_bias",
          "lora", "cross_attn_norm", "qk_norm"}) {
      INFO("recompute " << recompute);
      check_kind(*model, kind, leaves_of(kind));
    }
  }
}

TEST_CASE("Gradients of stored weights agree, with and without recomputation") {
  for (const bool recompute : {false, true}) {
    const auto model = load_model();
    model->set_recompute(recompute);
    Tensors leaves = leaves_of("weights");
    for (const NamedTensor& parameter : model->parameters()) {
      const auto found = leaves.find(parameter.name);
      if (found == leaves.end()) continue;
      parameter.tensor.set_requires_grad(true);
      found->second = parameter.tensor;
    }
    INFO("recompute " << recompute);
    check_kind(*model, "weights", leaves);
  }
}
