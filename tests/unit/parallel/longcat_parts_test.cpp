// A LongCat transformer whose tokens, heads and guidance branches are spread over parts, beside the
// whole one.

#include <catch2/catch.hpp>

#include "engine/adaptation/loop.h"
#include "engine/backbones/branch_split.h"
#include "engine/diffusion/context_flow.h"
#include "engine/diffusion/sampler.h"
#include "engine/parallel/gradients.h"
#include "small_longcat.h"
#include "tests/support/schema_defaults.h"
#include "tests/support/torch_catch.h"

using namespace cox;
using namespace cox::engine;
using namespace cox::engine::test;

namespace {

/// A method on a model, in one part or alone, trained for some steps.
struct Training {
  Training(const std::string& method, int64_t heads, Group* group, bool recompute = false)
      : backbone(model(heads)) {
    backbone->set_group(group);
    backbone->set_recompute(recompute);
    const Parameters parameters = own_defaults(method);
    ParameterReader reader(parameters);
    adaptation = find_method(method).make(reader, {*backbone, random, at::kFloat});
    settings.steps = 3;
    settings.members[0].optimizer = {
        .name = "adamw", .lr = 1e-3, .eps = 1e-8, .weight_decay = 0.01, .max_grad_norm = 1.0};
    settings.early_stop = {
        .enabled = true,
        .rule = {.check_every = 1, .patience = 9, .noise_draws = 1, .sigmas = {0.25, 0.75}}};
  }

  /// The trained state, the losses, those of the checks and how far the state is from the start.
  at::Tensor train() {
    const at::Tensor latents = draw({1, 4, 4, 8, 8}, 3);
    const AdaptationProblem problem{*backbone, latents, {1, 2, 1}, text(), random, rule};
    JobMonitor monitor(sink);
    LoopTimings timings;
    const AdaptationSummary summary = optimize(problem, *adaptation, settings, monitor, timings);
    std::vector<at::Tensor> row;
    for (const ParameterGroup& group : adaptation->groups()) {
      for (const TrainedTensor& tensor : group.tensors) {
        row.push_back(tensor.whole(tensor.value).flatten());
        row.push_back(tensor.leaf.flatten());
      }
    }
    for (const double loss : summary.losses) row.push_back(at::full({1}, loss, at::kFloat));
    for (const double loss : summary.anchor_losses) row.push_back(at::full({1}, loss, at::kFloat));
    row.push_back(at::full({1}, summary.parameter_norm, at::kFloat));
    return at::cat(row).detach();
  }

  NoSink sink;
  VideoRandom random{7, 0, "clip"};
  ContextFlow rule;
  std::unique_ptr<Backbone> backbone;
  AdaptationSettings settings;
  std::unique_ptr<Adaptation> adaptation;
};

/// A continuation with guidance, by a model or one part of it.
at::Tensor sample(const Backbone& backbone, bool cache) {
  SamplerOptions options;
  options.schedule.steps = 3;
  options.use_kv_cache = cache;
  TextStates negative = text();
  negative.states = draw({1, 1, 5, 12}, 10);
  return continue_latents(backbone, Adapter(),
                          {draw({1, 4, 2, 8, 8}, 4), draw({1, 4, 2, 8, 8}, 5), text(), negative},
                          options);
}

}  // namespace

TEST_CASE("tokens over parts: a forward pass is that of the whole model") {
  const at::NoGradGuard no_grad;
  for (const auto& [heads, parts] : kDivisions) {
    for (const int64_t clean : {0, 1, 2}) {
      INFO(heads << " heads, " << parts << " parts, " << clean << " clean frames");
      const at::Tensor whole = model(heads)->forward(input(clean), Adapter());
      const auto outputs = on_group<at::Tensor>(parts, [&, heads = heads](Group& group) {
        const at::NoGradGuard no_gradient;
        const auto part = model(heads);
        part->set_group(&group);
        return part->forward(input(clean), Adapter());
      });
      check_equal(outputs, whole, kTolerance);
    }
  }
}

TEST_CASE("more parts than tokens of a frame: a forward pass is that of the whole model") {
  const at::NoGradGuard no_grad;
  BackboneInput small = input(1);
  small.latents = draw({1, 4, 3, 2, 6}, 2);  // 3 tokens
  const at::Tensor whole = model(kOddHeads)->forward(small, Adapter());
  const auto outputs = on_group<at::Tensor>(8, [&](Group& group) {
    const at::NoGradGuard no_gradient;
    const auto part = model(kOddHeads);
    part->set_group(&group);
    return part->forward(small, Adapter());
  });
  check_equal(outputs, whole, kTolerance);
}

TEST_CASE("tokens over parts: gradients of every parameter add up to those of the whole model") {
  const auto gradients_of = [](Backbone& backbone, Group* group) {
    std::vector<at::Tensor> leaves;
    for (NamedTensor& parameter : backbone.parameters()) {
      leaves.push_back(parameter.tensor.set_requires_grad(true));
    }
    const at::Tensor output = backbone.forward(input(1), Adapter());
    const at::Tensor loss = (output * draw(output.sizes(), 6)).sum();
    (group == nullptr ? loss : loss / group->size()).backward();
    std::vector<at::Tensor> gradients;
    for (const at::Tensor& leaf : leaves) {
      gradients.push_back(leaf.grad().defined() ? leaf.grad() : at::zeros_like(leaf));
    }
    if (group != nullptr) sum_gradients(*group, gradients);
    return gradients;
  };
  for (const auto& [heads, parts] : kDivisions) {
    const auto whole_model = model(heads);
    const std::vector<at::Tensor> whole = gradients_of(*whole_model, nullptr);
    using Gradients = std::vector<at::Tensor>;
    const auto all = on_group<Gradients>(parts, [&, heads = heads](Group& group) {
      const auto part = model(heads);
      part->set_group(&group);
      return gradients_of(*part, &group);
    });
    for (size_t i = 0; i < whole.size(); ++i) {
      INFO(heads << " heads, " << parts << " parts, parameter " << i);
      const double size = at::linalg_vector_norm(whole[i]).item<double>();
      for (const Gradients& gradients : all) {
        CHECK(at::equal(gradients[i], all.front()[i]));
        CHECK(at::linalg_vector_norm(gradients[i] - whole[i]).item<double>() <= 1e-5 * size + 1e-6);
      }
    }
  }
}

TEST_CASE("tokens over parts: every method trains as on the whole model") {
  for (const MethodEntry& method : methods()) {
    if (!method.trains) continue;
    for (const int64_t heads : {kHeads, kOddHeads}) {
      const bool recompute = heads == kOddHeads;
      INFO(method.name << ", " << heads << " heads");
      const at::Tensor whole = Training(method.name, heads, nullptr, recompute).train();
      const auto trained = on_group<at::Tensor>(
          2, [&](Group& group) { return Training(method.name, heads, &group, recompute).train(); });
      check_equal(trained, whole, kTrainedTolerance);
    }
  }
}

TEST_CASE("guidance branches over parts: a continuation is that of the whole model") {
  for (const bool cache : {true, false}) {
    for (const auto& [heads, count] : kDivisions) {
      INFO(heads << " heads, " << count << " parts" << (cache ? ", cached condition" : ""));
      const at::Tensor whole = sample(*model(heads), cache);
      Parts parts(std::vector<at::Device>(static_cast<size_t>(count), at::kCPU));
      const auto all = on_parts<at::Tensor>(parts, [&, heads = heads](PartGroups groups) {
        const auto part = model(heads);
        part->set_group(groups.all);
        const SamplingParts sampling(*part, groups, Adapter(), /*branches=*/2);
        return sample(sampling.backbone(), cache);
      });
      check_equal(all, whole, kTolerance);
    }
  }
}
