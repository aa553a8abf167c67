// What every line of methods.def must keep, on a small random LongCat transformer.

#include <ATen/ops/equal.h>

#include <catch2/catch.hpp>

#include "engine/diffusion/context_flow.h"
#include "engine/families/registry.h"
#include "engine/stages/adapt.h"
#include "engine/tensors/torch.h"
#include "engine_fixture.h"

using namespace cox;
using namespace cox::engine;
using namespace cox::engine::test;

namespace {

std::unique_ptr<Backbone> tiny_backbone() {
  return load_backbone({"longcat-video", at::kCPU, Precision::kFp32}, EngineFixture::get().model());
}

/// A method on a backbone, with the settings of the fixture's job.
struct Placed {
  explicit Placed(const std::string& method, std::shared_ptr<Backbone> on = tiny_backbone(),
                  const Parameters& changed = {})
      : job(job_of(method, changed)), reader(job.parameters), backbone(std::move(on)) {
    plan = plan_job(job, reader);
    const std::vector<at::ScalarType> dtypes(plan.method.members.size(), at::kFloat);
    adaptation = make_adaptation(plan.method, reader, *backbone, plan.run.random, dtypes);
    reader.finish();
    const BackboneShape shape = backbone->shape();
    const auto draw = [&](std::int64_t step, at::IntArrayRef sizes) {
      return plan.run.random.stream(Purpose::kRandomModel, step).normal(sizes);
    };
    latents = draw(0, {1, shape.latent_channels, 5, 4, 6});
    text = text_of(*backbone, draw);
  }

  static JobInput job_of(const std::string& method, const Parameters& changed) {
    JobInput job = EngineFixture::get().job(method);
    for (const auto& [name, value] : changed) job.parameters.at(name) = value;
    return job;
  }

  template <typename Draw>
  static TextStates text_of(Backbone& backbone, const Draw& draw) {
    int64_t channels = 0;
    for (const NamedTensor& parameter : backbone.parameters()) {
      if (parameter.name == "y_embedder.y_proj.0.weight") channels = parameter.tensor.size(1);
    }
    return {draw(1, {1, 1, 6, channels}), at::ones({1, 6}, at::kLong)};
  }

  at::Tensor forward() const { return forward(adaptation->adapter()); }

  at::Tensor forward(const Adapter& adapter) const {
    BackboneInput input;
    input.latents = latents;
    input.timestep = denoising_timesteps(2, 5, 0.4, latents);
    input.text = text;
    input.condition_latent_frames = 2;
    return backbone->forward(input, adapter);
  }

  AdaptationSummary train() {
    QuietSink sink;
    JobMonitor monitor(sink);
    LoopTimings timings;
    const ContextFlow rule;
    const AdaptationProblem problem{*backbone, latents, {2, 2, 1}, text, plan.run.random, rule};
    return optimize(problem, *adaptation, *plan.adaptation, monitor, timings);
  }

  JobInput job;
  ParameterReader reader;
  std::shared_ptr<Backbone> backbone;
  JobPlan plan;
  std::unique_ptr<Adaptation> adaptation;
  at::Tensor latents;
  TextStates text;
};

/// Each method, the study's pair, all adapters at once, and the one that trains the weights.
template <typename Check>
void for_each_method(Check check) {
  for (const MethodEntry& method : methods()) {
    INFO(method.name);
    check(std::string(method.name), method.trains);
  }
  for (const std::string together :
       {"adasteer+norm", "adasteer+film+hidden+lora+norm+obc", "full+hidden"}) {
    INFO(together);
    check(together, true);
  }
}

}  // namespace

TEST_CASE("each method reads exactly the parameters of its schema") {
  for_each_method([](const std::string& method, bool) {
    const Placed placed(method);
    std::set<std::string> declared;
    for (const auto& [name, value] : placed.job.parameters) declared.insert(name);
    CHECK(placed.reader.names_read() == declared);
  });
}

TEST_CASE("an applied method changes nothing until it is trained") {
  const at::NoGradGuard no_grad;
  const at::Tensor plain = Placed("none").forward();
  for_each_method([&](const std::string& method, bool) {
    const Placed placed(method);
    CHECK(at::equal(placed.forward(), plain));
    const auto cached = [&](const Adapter& adapter) {
      return placed.backbone->prefill(placed.latents.narrow(2, 0, 2), adapter);
    };
    const ConditionCache with = cached(placed.adaptation->adapter());
    const ConditionCache without = cached(Adapter());
    for (size_t block = 0; block < with.keys.size(); ++block) {
      CHECK(at::equal(with.keys[block], without.keys[block]));
      CHECK(at::equal(with.values[block], without.values[block]));
    }
  });
}

TEST_CASE("the backbone is byte-equal after a method is gone, and frozen again") {
  for_each_method([](const std::string& method, bool trains) {
    const auto backbone = std::shared_ptr<Backbone>(tiny_backbone());
    const std::uint64_t before = backbone_checksum(*backbone);
    {
      Placed placed(method, backbone);
      if (trains) placed.train();
    }
    CHECK(backbone_checksum(*backbone) == before);
    for (const NamedTensor& parameter : backbone->parameters()) {
      CHECK_FALSE(parameter.tensor.requires_grad());
      CHECK_FALSE(parameter.tensor.grad().defined());
    }
  });
}

TEST_CASE("the gradient reaches every declared tensor and no other") {
  for_each_method([](const std::string& method, bool trains) {
    if (!trains) return;
    Placed placed(method);
    placed.forward().square().mean().backward();
    std::set<const void*> declared;
    for (const ParameterGroup& group : placed.adaptation->groups()) {
      for (const TrainedTensor& tensor : group.tensors) {
        INFO(tensor.name);
        CHECK(tensor.leaf.grad().defined());
        declared.insert(tensor.leaf.unsafeGetTensorImpl());
      }
    }
    for (const NamedTensor& parameter : placed.backbone->parameters()) {
      if (declared.count(parameter.tensor.unsafeGetTensorImpl()) != 0) continue;
      INFO(parameter.name);
      CHECK_FALSE(parameter.tensor.grad().defined());
    }
  });
}

TEST_CASE("the same seed trains to the same state, bit for bit") {
  for_each_method([](const std::string& method, bool trains) {
    if (!trains) return;
    Placed first(method);
    Placed second(method);
    const AdaptationSummary one = first.train();
    const AdaptationSummary two = second.train();
    CHECK(one.losses == two.losses);
    CHECK(one.anchor_losses == two.anchor_losses);
    CHECK(one.parameter_norm == two.parameter_norm);
    const at::NoGradGuard no_grad;
    CHECK(at::equal(first.forward(), second.forward()));
  });
}

TEST_CASE("recomputing blocks in the backward pass does not change the losses") {
  for_each_method([](const std::string& method, bool trains) {
    if (!trains) return;
    Placed kept(method);
    Placed recomputed(method);
    recomputed.backbone->set_recompute(true);
    const AdaptationSummary one = kept.train();
    const AdaptationSummary two = recomputed.train();
    CHECK(one.losses == two.losses);
    CHECK(one.parameter_norm == two.parameter_norm);
  });
}

namespace {

/// Passes on only what the schema says that a method acts on.
class DeclaredAdapter : public Adapter {
 public:
  DeclaredAdapter(const Adapter& adapter, const std::vector<std::string>& parts)
      : adapter_(adapter), parts_(parts.begin(), parts.end()) {}

  at::Tensor time_embedding(at::Tensor t) const override {
    return acts_on("time_embedding") ? adapter_.time_embedding(t) : t;
  }
  at::Tensor block_time_embedding(int block, at::Tensor t) const override {
    return acts_on("time_embedding") ? adapter_.block_time_embedding(block, t) : t;
  }
  at::Tensor final_time_embedding(at::Tensor t) const override {
    return acts_on("time_embedding") ? adapter_.final_time_embedding(t) : t;
  }
  at::Tensor block_modulation(int block, at::Tensor m) const override {
    return acts_on("modulation") ? adapter_.block_modulation(block, m) : m;
  }
  at::Tensor text_modulation(int block, at::Tensor m) const override {
    return acts_on("modulation") ? adapter_.text_modulation(block, m) : m;
  }
  at::Tensor block_output(int block, at::Tensor h) const override {
    return acts_on("hidden_states") ? adapter_.block_output(block, h) : h;
  }
  at::Tensor final_hidden(at::Tensor h) const override {
    return acts_on("hidden_states") ? adapter_.final_hidden(h) : h;
  }
  at::Tensor linear(const LinearSite& site, const at::Tensor& x, at::Tensor y) const override {
    return acts_on("linear_layers") ? adapter_.linear(site, x, y) : y;
  }
  bool leaves_product(const LinearSite& site) const override {
    return !acts_on("linear_layers") || adapter_.leaves_product(site);
  }
  at::Tensor norm_parameter(const NormSite& site, at::Tensor stored) const override {
    return acts_on("norm_parameters") ? adapter_.norm_parameter(site, stored) : stored;
  }
  at::Tensor output(at::Tensor v) const override {
    return acts_on("output") ? adapter_.output(v) : v;
  }

 private:
  bool acts_on(const std::string& part) const { return parts_.count(part) != 0; }

  const Adapter& adapter_;
  std::set<std::string> parts_;
};

std::vector<std::string> declared_parts(const std::string& method) {
  const YAML::Node acts_on = schema_file("methods/" + method + ".yaml")["acts_on"];
  return acts_on ? acts_on.as<std::vector<std::string>>() : std::vector<std::string>{};
}

}  // namespace

TEST_CASE("a method acts only on what its schema states") {
  const at::NoGradGuard no_grad;
  for (const MethodEntry& method : methods()) {
    INFO(method.name);
    if (!method.trains) continue;
    Placed placed(method.name);
    const at::Tensor plain = placed.forward();
    {
      const at::AutoGradMode with_gradients(true);
      placed.train();
    }
    const at::Tensor moved = placed.forward();
    CHECK_FALSE(at::equal(moved, plain));
    const DeclaredAdapter declared(placed.adaptation->adapter(), declared_parts(method.name));
    CHECK(at::equal(placed.forward(declared), moved));
  }
}

namespace {

/// Passes everything on and records through which blocks a gradient will flow.
class RecordingAdapter final : public DeclaredAdapter {
 public:
  RecordingAdapter(const Adapter& adapter, std::vector<bool>& flows)
      : DeclaredAdapter(adapter, {"time_embedding", "modulation", "hidden_states", "linear_layers",
                                  "norm_parameters", "output"}),
        flows_(flows) {}

 private:
  at::Tensor block_output(int block, at::Tensor h) const override {
    h = DeclaredAdapter::block_output(block, h);
    flows_.at(static_cast<size_t>(block)) = h.requires_grad();
    return h;
  }

  std::vector<bool>& flows_;
};

}  // namespace

TEST_CASE("no gradient flows through the blocks before a method's first") {
  const std::pair<std::string, Parameters> cases[] = {{"lora", {{"last_blocks", 1}}},
                                                      {"adasteer", {{"blocks", Value::List{3}}}},
                                                      {"film", {{"blocks", Value::List{3}}}},
                                                      {"hidden", {{"blocks", Value::List{3}}}},
                                                      {"obc", {}}};
  for (const auto& [method, changed] : cases) {
    INFO(method);
    const Placed placed(method, std::shared_ptr<Backbone>(tiny_backbone()), changed);
    const std::int64_t depth = placed.backbone->shape().blocks;
    REQUIRE(depth == 4);
    const std::int64_t first = placed.adaptation->first_block();
    CHECK(first == (method == "obc" ? 4 : 3));
    std::vector<bool> flows(static_cast<size_t>(depth));
    placed.forward(RecordingAdapter(placed.adaptation->adapter(), flows));
    for (std::int64_t block = 0; block < depth; ++block) {
      CHECK(flows[static_cast<size_t>(block)] == (block >= first));
    }
  }
}
