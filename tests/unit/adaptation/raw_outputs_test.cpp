// Raw outputs that methods on the output have in common.
#include "engine/adaptation/raw_outputs.h"

#include "support.h"

using namespace cox;
using namespace cox::engine;
using namespace cox::engine::test;

namespace {

/// Counts its passes.
struct CountingBackbone final : FakeBackbone {
  using FakeBackbone::FakeBackbone;
  at::Tensor forward(const BackboneInput& input, const Adapter& adapter) const override {
    ++passes;
    return FakeBackbone::forward(input, adapter);
  }
  mutable int passes = 0;
};

struct Trained {
  AdaptationSummary summary;
  at::Tensor bias;
};

Trained run(Trajectory& trajectory, Bench& bench) {
  trajectory.watch("job", job_shape(bench.settings, bench.split));
  SilentSink sink;
  JobMonitor monitor(sink);
  Trained trained;
  trained.summary = trajectory.reach("job", monitor).summary;
  trained.bias = bench.tensors().front().value.detach().clone();
  return trained;
}

/// Trains the output bias at a rate, with what `raw` holds.
Trained train(const CountingBackbone& backbone, double lr, int steps, RawOutputs* raw) {
  Bench bench("obc");
  bench.settings.members[0].optimizer.lr = lr;
  bench.settings.steps = steps;
  bench.settings.early_stop.enabled = true;
  bench.settings.early_stop.rule.check_every = 1;
  bench.settings.early_stop.rule.patience = 50;
  AdaptationProblem problem{backbone,   bench.latents, bench.split,
                            bench.text, bench.random,  bench.rule};
  Trajectory trajectory(problem, *bench.adaptation, bench.settings, sharing::kMaxStateBytes, raw);
  return run(trajectory, bench);
}

}  // namespace

TEST_CASE("one pass a question serves the output bias at every rate, with the same bits") {
  const CountingBackbone backbone(at::kFloat);
  RawOutputs shared("one video");
  const std::pair<double, int> runs[] = {{1e-2, 6}, {0.3, 6}, {0.3, 9}, {1e-3, 4}};
  std::vector<Trained> together;
  for (const auto& [lr, steps] : runs) together.push_back(train(backbone, lr, steps, &shared));
  // 9 steps at most, and 4 probes, which never change.
  CHECK(backbone.passes == 9 + 4);
  for (std::size_t i = 0; i < together.size(); ++i) {
    const Trained alone = train(backbone, runs[i].first, runs[i].second, nullptr);
    CHECK((alone.summary == together[i].summary));
    CHECK(at::equal(alone.bias, together[i].bias));
  }
}

TEST_CASE("the bias that is trained from stored outputs is the one that autograd trains") {
  // The same method, but its outputs come from passes through the adapter.
  const CountingBackbone backbone(at::kFloat);
  Bench bench("obc");
  bench.settings.steps = 3;
  const Trained stored = [&] {
    Bench other("obc");
    other.settings.steps = 3;
    Trajectory trajectory(other.problem(), *other.adaptation, other.settings);
    return run(trajectory, other);
  }();
  const auto optimizer =
      make_optimizer(bench.settings.members[0].optimizer, bench.adaptation->groups());
  StepDraws draws(bench.problem());
  const at::Tensor clean = bench.latents.narrow(2, 0, bench.split.context + bench.split.train);
  for (int step = 0; step < 3; ++step) {
    const StepDraw draw = draws.next();
    const at::Tensor loss =
        bench.rule.loss(bench.backbone, bench.adaptation->adapter(),
                        {clean, bench.split.context, draw.noise, draw.level, bench.text});
    CHECK(loss.item<double>() == stored.summary.losses.at(static_cast<std::size_t>(step)));
    loss.backward();
    optimizer->step();
    draws.prepare();
  }
  CHECK(at::equal(bench.tensors().front().value, stored.bias));
}

TEST_CASE("what does not fit is computed again") {
  int computed = 0;
  const auto compute = [&] {
    ++computed;
    return at::ones({4});  // 16 bytes
  };
  RawOutputs raw("content", 20);
  raw.of("a", at::kCPU, compute);
  raw.of("a", at::kCPU, compute);
  CHECK(computed == 1);
  raw.of("b", at::kCPU, compute);
  CHECK_FALSE(raw.holds("b"));
  CHECK(at::equal(raw.of("b", at::kCPU, compute).output, at::ones({4})));
  CHECK(computed == 3);
}

TEST_CASE("methods report their first block, and only the output bias keeps every pass unchanged") {
  const auto first_block = [](const char* method, const Parameters& parameters = {}) {
    return Bench(method, parameters).adaptation->first_block();
  };
  CHECK(first_block("adasteer") == 0);
  CHECK(first_block("adasteer", {{"inject", "global"}}) == 0);
  CHECK(first_block("adasteer", {{"blocks", Value::List{2, 3}}}) == 2);
  CHECK(first_block("film", {{"blocks", Value::List{3}}}) == 3);
  CHECK(first_block("hidden", {{"blocks", Value::List{1, 3}}}) == 1);
  CHECK(first_block("lora", {{"last_blocks", 1}}) == 3);
  CHECK(first_block("obc") == 4);
  CHECK(first_block("norm") == 0);
  CHECK(first_block("full") == 0);
  CHECK(first_block("lora+obc", {{"lora.last_blocks", 2}}) == 2);
  for (const MethodEntry& method : methods()) {
    INFO(method.name);
    CHECK(Bench(method.name).adaptation->acts_on_output_only() ==
          (std::string(method.name) == "obc"));
  }
  CHECK_FALSE(Bench("lora+obc").adaptation->acts_on_output_only());
}
