#pragma once

#include <ATen/ops/allclose.h>
#include <ATen/ops/equal.h>
#include <ATen/ops/ones_like.h>

#include <catch2/catch.hpp>

#include <map>
#include <string>

#include "engine/adaptation/loop.h"
#include "engine/diffusion/context_flow.h"
#include "fake_backbone.h"
#include "tests/support/schema_defaults.h"

namespace cox::engine::test {

class SilentSink final : public Sink {
 public:
  void on_progress(const std::string&, int, int) override {}
  bool cancelled() const override { return cancel; }
  bool cancel = false;
};

/// A method on a backbone, ready to train.
struct Bench {
  explicit Bench(const std::string& method, Parameters parameters = {},
                 at::ScalarType dtype = at::kFloat)
      : backbone(dtype) {
    const MethodSet methods = find_methods(method);
    for (std::size_t i = 0; i < methods.members.size(); ++i) {
      for (const auto& [name, value] : own_defaults(methods.members[i]->name)) {
        parameters.emplace(methods.prefix(i) + name, value);
      }
    }
    ParameterReader reader(parameters);
    const std::vector<at::ScalarType> dtypes(methods.members.size(),
                                             dtype == at::kDouble ? at::kDouble : at::kFloat);
    adaptation = make_adaptation(methods, reader, backbone, random, dtypes);
    reader.finish();
    settings.members.resize(methods.members.size());
    settings.steps = 4;
    settings.members[0].optimizer = {
        .name = "adamw", .lr = 1e-2, .eps = 1e-8, .weight_decay = 0.01, .max_grad_norm = 1.0};
    for (MemberSettings& member : settings.members) member = settings.members[0];
    settings.early_stop = {
        .enabled = false,
        .rule = {.check_every = 2, .patience = 3, .noise_draws = 2, .sigmas = {0.25, 0.75}}};
    const auto draw = [&](std::int64_t step, at::IntArrayRef shape) {
      return random.stream(Purpose::kRandomModel, step).normal(shape).to(dtype);
    };
    latents = draw(0, {1, FakeBackbone::kChannels, split.total(), 4, 4});
    text = {draw(1, {1, 1, 3, 8}), at::ones({1, 3}, at::kLong)};
  }

  /// The value for the first group.
  std::vector<TrainedTensor> tensors() const { return adaptation->groups().at(0).tensors; }

  AdaptationProblem problem() const { return {backbone, latents, split, text, random, rule}; }

  AdaptationSummary train() {
    SilentSink sink;
    JobMonitor monitor(sink);
    LoopTimings timings;
    return optimize(problem(), *adaptation, settings, monitor, timings);
  }

  /// The loss of a fixed question, with its graph.
  at::Tensor loss() const {
    const at::Tensor noise = random.stream(Purpose::kRandomModel, 2)
                                 .normal({1, FakeBackbone::kChannels, split.train, 4, 4})
                                 .to(latents.scalar_type());
    return rule.loss(
        backbone, adaptation->adapter(),
        {latents.narrow(2, 0, split.context + split.train), split.context, noise, 0.4, text});
  }

  VideoRandom random{7, 0, "clip"};
  FakeBackbone backbone;
  LatentSplit split{2, 2, 1};
  AdaptationSettings settings;
  ContextFlow rule;
  std::unique_ptr<Adaptation> adaptation;
  at::Tensor latents;
  TextStates text;
};

/// Compares autograd with central differences in fp64, on a few components of every trained tensor.
inline void check_gradients(const std::string& method, const Parameters& parameters = {}) {
  constexpr double kStep = 1e-6;
  constexpr int64_t kComponents = 5;
  INFO(method);
  Bench bench(method, parameters, at::kDouble);
  bench.loss().backward();
  for (const ParameterGroup& group : bench.adaptation->groups()) {
    for (const TrainedTensor& tensor : group.tensors) {
      INFO(tensor.name);
      const at::Tensor gradient = tensor.leaf.grad().flatten();
      const at::Tensor flat = tensor.value.detach().flatten();
      for (int64_t i = 0; i < std::min(kComponents, flat.numel()); ++i) {
        const double at_start = flat[i].item<double>();
        flat[i].fill_(at_start + kStep);
        const double above = bench.loss().item<double>();
        flat[i].fill_(at_start - kStep);
        const double below = bench.loss().item<double>();
        flat[i].fill_(at_start);
        const double slope = (above - below) / (2 * kStep);
        CHECK(gradient[i].item<double>() == Approx(slope).epsilon(1e-5).margin(1e-9));
      }
    }
  }
}

/// How many values a method trains on the backbone of these tests.
inline std::int64_t trained_values(const std::string& method, const Parameters& parameters = {}) {
  return trainable_parameters(Bench(method, parameters).adaptation->groups());
}

/// Copies of every parameter, by name.
inline std::map<std::string, at::Tensor> copies(Backbone& backbone) {
  std::map<std::string, at::Tensor> copies;
  for (const NamedTensor& parameter : backbone.parameters()) {
    copies[parameter.name] = parameter.tensor.detach().clone();
  }
  return copies;
}

}  // namespace cox::engine::test
