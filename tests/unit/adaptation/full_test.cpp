#include "support.h"

using namespace cox;
using namespace cox::engine;
using namespace cox::engine::test;

TEST_CASE("full trains every parameter and puts every byte back") {
  Bench bench("full");
  const auto before = copies(bench.backbone);
  std::int64_t count = 0;
  for (const auto& [name, tensor] : before) count += tensor.numel();
  CHECK(trainable_parameters(bench.adaptation->groups()) == count);

  bench.train();
  for (const NamedTensor& parameter : bench.backbone.parameters()) {
    INFO(parameter.name);
    CHECK_FALSE(at::equal(parameter.tensor, before.at(parameter.name)));
  }
  bench.adaptation.reset();
  for (const NamedTensor& parameter : bench.backbone.parameters()) {
    CHECK(at::equal(parameter.tensor, before.at(parameter.name)));
    CHECK_FALSE(parameter.tensor.requires_grad());
  }
}

TEST_CASE("fp32 masters keep small updates that bf16 in place loses") {
  FakeBackbone backbone(at::kBFloat16);
  const VideoRandom random{7, 0, "clip"};
  const auto changed_fraction = [&](at::ScalarType dtype) {
    cox::Parameters none;
    ParameterReader reader(none);
    const auto adaptation = find_method("full").make(reader, {backbone, random, dtype});
    auto groups = adaptation->groups();
    const auto optimizer = make_optimizer({"sgd", 1e-5, 0.9, 0.999, 1e-8, 0.01, 1.0, 0}, groups);
    for (int step = 0; step < 20; ++step) {
      for (const TrainedTensor& tensor : groups[0].tensors) {
        tensor.leaf.mutable_grad() = at::ones_like(tensor.leaf);
      }
      optimizer->step();
    }
    std::int64_t changed = 0;
    for (const TrainedTensor& tensor : groups[0].tensors) {
      changed += tensor.value.ne(tensor.start.to(dtype)).sum().item<std::int64_t>();
    }
    return static_cast<double>(changed) / static_cast<double>(trainable_parameters(groups));
  };
  CHECK(changed_fraction(at::kBFloat16) < 0.02);
  CHECK(changed_fraction(at::kFloat) > 0.98);
}

TEST_CASE("the start state is the pretrained model, also where the trained type would round it") {
  FakeBackbone backbone(at::kFloat);
  const auto before = copies(backbone);
  const VideoRandom random{7, 0, "clip"};
  cox::Parameters none;
  ParameterReader reader(none);
  const auto adaptation = find_method("full").make(reader, {backbone, random, at::kBFloat16});
  const std::vector<ParameterGroup> groups = adaptation->groups();
  {
    const at::NoGradGuard no_grad;
    for (const TrainedTensor& tensor : groups.front().tensors) tensor.value.add_(1);
  }
  adaptation->parameters_changed();
  restore_start(*adaptation);
  for (const NamedTensor& parameter : backbone.parameters()) {
    INFO(parameter.name);
    CHECK(at::equal(parameter.tensor, before.at(parameter.name)));
  }
}

TEST_CASE("the live bf16 parameter is the rounded master") {
  FakeBackbone backbone(at::kBFloat16);
  const VideoRandom random{7, 0, "clip"};
  cox::Parameters none;
  ParameterReader reader(none);
  const auto adaptation = find_method("full").make(reader, {backbone, random, at::kFloat});
  const TrainedTensor tensor = adaptation->groups()[0].tensors[0];
  {
    const at::NoGradGuard no_grad;
    tensor.value.add_(1.0 / 3);
  }
  adaptation->parameters_changed();
  CHECK(at::equal(tensor.leaf.detach(), tensor.value.to(at::kBFloat16)));
}

TEST_CASE("by default nothing but the loss moves the pretrained weights: no decay") {
  CHECK(schema_file("methods/full.yaml")["parameters"]["weight_decay"]["default"].as<double>(-1) ==
        0);
}
