// Methods that act together.
#include "support.h"

using namespace cox;
using namespace cox::engine;
using namespace cox::engine::test;

namespace {

std::map<std::string, at::Tensor> values_of(Adaptation& adaptation) {
  std::map<std::string, at::Tensor> values;
  for (const ParameterGroup& group : adaptation.groups()) {
    for (const TrainedTensor& tensor : group.tensors) {
      values[tensor.name] = tensor.value.detach().clone();
    }
  }
  return values;
}

}  // namespace

TEST_CASE("methods that act together train the tensors of each, under its own settings") {
  CHECK(trained_values("adasteer+norm") == trained_values("adasteer") + trained_values("norm"));
  CHECK(trained_values("adasteer+norm", {{"adasteer.groups", 4}}) ==
        trained_values("adasteer", {{"groups", 4}}) + trained_values("norm"));
  const std::vector<ParameterGroup> groups =
      Bench("adasteer+norm", {{"adasteer.groups", 2}, {"adasteer.clip", "per_vector"}})
          .adaptation->groups();
  REQUIRE(groups.size() == 3);
  CHECK(groups[0].member == 0);
  CHECK(groups[1].member == 0);
  CHECK(groups[2].member == 1);
}

TEST_CASE("a method whose partner does not move trains as it does by itself") {
  Bench together("adasteer+norm");
  Bench alone("adasteer");
  together.settings.members[1].optimizer.lr = 0;
  CHECK(together.train().losses == alone.train().losses);
  CHECK(at::equal(together.loss(), alone.loss()));
  CHECK(at::equal(values_of(*together.adaptation).at("delta.0"),
                  values_of(*alone.adaptation).at("delta.0")));

  Bench other("adasteer+norm");
  Bench norm("norm");
  other.settings.members[0].optimizer.lr = 0;
  CHECK(other.train().losses == norm.train().losses);
  CHECK(at::equal(other.loss(), norm.loss()));
}

TEST_CASE("one joint norm clips both methods, or each has its own") {
  const auto change = [](bool clip_together, double max_norm) {
    Bench bench("adasteer+norm");
    bench.settings.steps = 1;
    bench.settings.clip_together = clip_together;
    for (MemberSettings& member : bench.settings.members) {
      member.optimizer = {.name = "sgd", .lr = 1, .max_grad_norm = max_norm};
    }
    bench.train();
    double adasteer = 0, norm = 0;
    for (const ParameterGroup& group : bench.adaptation->groups()) {
      for (const TrainedTensor& tensor : group.tensors) {
        (group.member == 0 ? adasteer : norm) += tensor.value.square().sum().item<double>();
      }
    }
    return std::pair(adasteer, norm);
  };
  constexpr double kSmall = 1e-4;
  const auto [together_a, together_b] = change(true, kSmall);
  CHECK(std::sqrt(together_a + together_b) == Approx(kSmall).epsilon(1e-2));
  const auto [own_a, own_b] = change(false, kSmall);
  CHECK(std::sqrt(own_a) == Approx(kSmall).epsilon(1e-2));
  CHECK(std::sqrt(own_b) == Approx(kSmall).epsilon(1e-2));
}

TEST_CASE("gradients of methods that act together are right") {
  check_gradients("adasteer+norm");
  check_gradients("adasteer+film+hidden+lora+norm+obc");
  check_gradients("full+obc");
}

TEST_CASE("together, methods change nothing before the first step") {
  Bench plain("none");
  Bench all("adasteer+film+hidden+lora+norm+obc");
  CHECK(at::equal(all.loss(), plain.loss()));
}

TEST_CASE("the generation of one member does not change the others'") {
  Bench bench("hidden+obc", {{"hidden.final_vector", "training"}});
  const at::NoGradGuard no_grad;
  for (const ParameterGroup& group : bench.adaptation->groups()) {
    for (const TrainedTensor& tensor : group.tensors) tensor.value.fill_(0.1);
  }
  const at::Tensor h = at::zeros({1, 2, 12}), v = at::zeros({1, 16, 1, 2, 2});
  const Adapter& generation = bench.adaptation->generation_adapter();
  CHECK(generation.final_hidden(h).sum().item<double>() == 0);
  CHECK(generation.block_output(0, h).sum().item<double>() != 0);
  CHECK(generation.output(v).sum().item<double>() != 0);
}

TEST_CASE("a set of methods is named in order, of methods that train, each once") {
  CHECK(find_methods("adasteer").prefix(0).empty());
  const MethodSet both = find_methods("adasteer+norm");
  CHECK(both.prefix(0) == "adasteer.");
  CHECK(both.prefix(1) == "norm.");
  for (const char* name : {"norm+adasteer", "norm+norm", "none+norm", "adasteer+", "+"}) {
    INFO(name);
    CHECK_THROWS_AS(find_methods(name), EngineError);
  }
}
