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
  explicit Placed(const std::string& method, std::shared_ptr<Backbone> on = tiny_backbone())
      : job(EngineFixture::get().job(method)), reader(job.parameters), backbone(std::move(on)) {
    plan = plan_job(job, reader);
    adaptation = plan.method->make(reader, {*backbone, plan.run.random});
    reader.finish();
    const BackboneShape shape = backbone->shape();
    const auto draw = [&](std::int64_t step, at::IntArrayRef sizes) {
      return plan.run.random.stream(Purpose::kRandomModel, step).normal(sizes);
    };
    latents = draw(0, {1, shape.latent_channels, 5, 4, 6});
    text = text_of(*backbone, draw);
  }

  template <typename Draw>
  static TextStates text_of(Backbone& backbone, const Draw& draw) {
    int64_t channels = 0;
    for (const NamedTensor& parameter : backbone.parameters()) {
      if (parameter.name == "y_embedder.y_proj.0.weight") channels = parameter.tensor.size(1);
    }
    return {draw(1, {1, 1, 6, channels}), at::ones({1, 6}, at::kLong)};
  }

  at::Tensor forward() const {
    BackboneInput input;
    input.latents = latents;
    input.timestep = denoising_timesteps(2, 5, 0.4, latents);
    input.text = text;
    input.condition_latent_frames = 2;
    return backbone->forward(input, adaptation->adapter());
  }

  AdaptationSummary train() {
    QuietSink sink;
    JobMonitor monitor(sink);
    LoopTimings timings;
    const ContextFlow rule;
    const AdaptationProblem problem{*backbone, latents, {2, 2, 1}, text, plan.run.random, rule};
    return optimise(problem, *adaptation, *plan.adaptation, monitor, timings);
  }

  JobInput job;
  ParameterReader reader;
  std::shared_ptr<Backbone> backbone;
  JobPlan plan;
  std::unique_ptr<Adaptation> adaptation;
  at::Tensor latents;
  TextStates text;
};

template <typename Check>
void for_each_method(Check check) {
  for (const MethodEntry& method : methods()) {
    INFO(method.name);
    check(std::string(method.name), method.trains);
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

TEST_CASE("a method in place changes nothing until it is trained") {
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
