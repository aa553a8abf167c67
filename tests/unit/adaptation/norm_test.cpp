#include "support.h"

using namespace cox;
using namespace cox::engine;
using namespace cox::engine::test;

TEST_CASE("norm trains an offset for each selected gain and does not change the stored gains") {
  Bench bench("norm", {{"tensors", "qk_norm"}});
  const auto before = copies(bench.backbone);
  CHECK(trainable_parameters(bench.adaptation->groups()) == 4 * 12);
  const double at_start = bench.loss().item<double>();
  bench.train();
  CHECK(bench.loss().item<double>() != at_start);
  for (const NamedTensor& parameter : bench.backbone.parameters()) {
    CHECK(at::equal(parameter.tensor, before.at(parameter.name)));
  }
}

TEST_CASE("norm fails with a message if the backbone has none of the norms") {
  struct Normless final : FakeBackbone {
    using FakeBackbone::FakeBackbone;
    std::vector<NormSiteShape> norm_sites() const override { return {}; }
  };
  Normless backbone(at::kFloat);
  const VideoRandom random{7, 0, "clip"};
  const cox::Parameters defaults = own_defaults("norm");
  ParameterReader reader(defaults);
  CHECK_THROWS_WITH(find_method("norm").make(reader, {backbone, random, at::kFloat}),
                    Catch::Contains("none of the norms"));
}

TEST_CASE("norm's gradients are right for queries and keys") {
  check_gradients("norm", {{"tensors", "qk_norm"}});
}

TEST_CASE("in place, norm starts at the stored values and decays them to zero") {
  Bench bench("norm", {{"form", "in_place"}});
  Bench plain("none");
  const auto before = copies(bench.backbone);
  CHECK(at::equal(bench.loss(), plain.loss()));
  for (const TrainedTensor& tensor : bench.tensors()) {
    INFO(tensor.name);
    CHECK(at::equal(tensor.value, before.at(tensor.name)));
  }
  // A rate so small that only the decay moves: values shrink by lr * weight_decay a step.
  OptimizerSettings& optimizer = bench.settings.members[0].optimizer;
  optimizer = {.name = "sgd", .lr = 0.5, .weight_decay = 0.1, .max_grad_norm = 1e-30};
  bench.settings.steps = 3;
  bench.train();
  for (const TrainedTensor& tensor : bench.tensors()) {
    INFO(tensor.name);
    CHECK(at::allclose(tensor.value, before.at(tensor.name) * std::pow(1 - 0.05, 3), 1e-5, 0));
  }
  restore_start(*bench.adaptation);
  CHECK(at::equal(bench.loss(), plain.loss()));
  for (const NamedTensor& parameter : bench.backbone.parameters()) {
    CHECK(at::equal(parameter.tensor, before.at(parameter.name)));
  }
}

TEST_CASE("in place, norm refuses a type that would round the stored values") {
  FakeBackbone backbone(at::kFloat);
  const VideoRandom random{7, 0, "clip"};
  cox::Parameters parameters = own_defaults("norm");
  parameters["form"] = "in_place";
  ParameterReader reader(parameters);
  CHECK_THROWS_WITH(find_method("norm").make(reader, {backbone, random, at::kBFloat16}),
                    Catch::Contains("param_dtype") && Catch::Contains("exactly"));
}

TEST_CASE("norm's gradients are correct in place") {
  check_gradients("norm", {{"form", "in_place"}});
}
