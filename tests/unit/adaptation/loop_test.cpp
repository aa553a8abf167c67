#include "engine/adaptation/loop.h"

#include <limits>

#include "engine/adaptation/snapshot.h"
#include "support.h"

using namespace cox;
using namespace cox::engine;
using namespace cox::engine::test;

namespace {

/// Knows the answer: its output is clean - noise, exactly.
class PerfectBackbone final : public Backbone {
 public:
  PerfectBackbone(at::Tensor clean, double sigma) : clean_(std::move(clean)), sigma_(sigma) {}
  at::Tensor forward(const BackboneInput& input, const Adapter& adapter) const override {
    // x = (1 - s) clean + s noise, so clean - noise = (clean - x) / s.
    return adapter.output((clean_ - input.latents) / sigma_);
  }
  ConditionCache prefill(const at::Tensor&, const Adapter&) const override { return {}; }
  BackboneShape shape() const override { return {1, 1, 1, clean_.size(1)}; }
  std::vector<LinearSiteShape> linear_sites() const override { return {}; }
  std::vector<NamedTensor> parameters() override { return {}; }
  at::ScalarType compute_dtype() const override { return at::kDouble; }
  at::Device device() const override { return at::kCPU; }
  void set_recompute(bool) override {}

 private:
  at::Tensor clean_;
  double sigma_;
};

}  // namespace

TEST_CASE("a perfect model has loss 0, and four times the mean square under the flipped sign") {
  const VideoRandom random{3, 0, "clip"};
  const at::Tensor clean =
      random.stream(Purpose::kRandomModel, 0).normal({1, 16, 3, 4, 4}).to(at::kDouble);
  const at::Tensor noise =
      random.stream(Purpose::kRandomModel, 1).normal({1, 16, 2, 4, 4}).to(at::kDouble);
  const double sigma = 0.5;  // exact in binary, as are the products with it
  const PerfectBackbone backbone(clean, sigma);
  const Adapter nothing;
  const TextStates text;
  const DenoisingProblem problem{clean, 1, noise, sigma, text};
  const double right =
      ContextFlow(LossTarget::kCleanMinusNoise).loss(backbone, nothing, problem).item<double>();
  const double flipped =
      ContextFlow(LossTarget::kNoiseMinusClean).loss(backbone, nothing, problem).item<double>();
  const double square = (clean.narrow(2, 1, 2) - noise).square().mean().item<double>();
  CHECK(right < 1e-28);
  CHECK(flipped == Approx(4 * square).epsilon(1e-12));
}

TEST_CASE("training lowers the loss, and the flipped sign ends above it") {
  for (const std::string method : {"adasteer", "obc", "full"}) {
    INFO(method);
    Bench right(method);
    right.settings.steps = 30;
    const double before = right.loss().item<double>();
    right.train();
    CHECK(right.loss().item<double>() < before);
    if (method == "adasteer") continue;  // a few numbers cannot tell two targets apart here

    Bench flipped(method);
    flipped.settings.steps = 30;
    flipped.rule = ContextFlow(LossTarget::kNoiseMinusClean);
    flipped.train();
    flipped.rule = ContextFlow(LossTarget::kCleanMinusNoise);
    CHECK(flipped.loss().item<double>() > right.loss().item<double>());
  }
}

TEST_CASE("the same problem gives the same bits, and another seed, replicate or video does not") {
  const auto losses = [](const VideoRandom& random) {
    Bench bench("adasteer");
    bench.random = random;
    return bench.train().losses;
  };
  const auto first = losses({7, 0, "clip"});
  CHECK(first == losses({7, 0, "clip"}));
  CHECK(first != losses({8, 0, "clip"}));
  CHECK(first != losses({7, 1, "clip"}));
  CHECK(first != losses({7, 0, "other"}));
}

TEST_CASE("a longer run passes through the states of a shorter one") {
  Bench shorter("adasteer");
  Bench longer("adasteer");
  longer.settings.steps = 8;
  const auto first = shorter.train().losses;
  const auto second = longer.train().losses;
  CHECK(first == std::vector<double>(second.begin(), second.begin() + 4));
}

TEST_CASE("early-stop checks do not change the trajectory") {
  Bench without("adasteer");
  Bench with("adasteer");
  with.settings.early_stop.enabled = true;
  with.settings.early_stop.rule.check_every = 1;
  with.settings.early_stop.rule.patience = 100;
  CHECK(without.train().losses == with.train().losses);
}

TEST_CASE("the best state is restored without a stop, and its anchor loss is the best") {
  Bench bench("adasteer");
  bench.settings.steps = 12;
  bench.settings.members[0].optimizer.lr = 0.5;  // wild enough for the loss to go up and down
  bench.settings.early_stop = {true, {2, 100, 2, {0.25, 0.75}}};
  const AdaptationSummary summary = bench.train();
  CHECK(summary.steps_run == 12);
  CHECK_FALSE(summary.stopped);
  REQUIRE(summary.anchor_losses.size() == 7);
  const auto best = std::min_element(summary.anchor_losses.begin(), summary.anchor_losses.end());
  CHECK(summary.best_step == 2 * (best - summary.anchor_losses.begin()));
  CHECK(anchor_loss(bench.problem(), bench.adaptation->adapter(), bench.settings) == *best);
}

TEST_CASE("a run that never improves stops and generates from the start state") {
  for (const std::string method : {"adasteer", "full"}) {
    INFO(method);
    Bench bench(method);
    const double before = bench.loss().item<double>();
    bench.settings.steps = 20;
    bench.settings.members[0].optimizer = {"sgd", 1e3, 0.9, 0.999,
                                           1e-8,  0,   1.0, 0};  // away from any minimum
    bench.settings.early_stop = {true, {1, 3, 1, {0.5}}};
    const AdaptationSummary summary = bench.train();
    CHECK(summary.stopped);
    CHECK(summary.steps_run == 3);
    CHECK(summary.best_step == 0);
    CHECK(summary.parameter_norm == 0);
    CHECK(bench.loss().item<double>() == before);
  }
}

TEST_CASE("without held-out latents or with checks off the last state is kept") {
  Bench off("adasteer");
  const AdaptationSummary last = off.train();
  CHECK(last.best_step == 4);
  CHECK(last.anchor_losses.empty());

  Bench none_held_out("adasteer");
  none_held_out.settings.early_stop.enabled = true;
  none_held_out.split = {2, 2, 0};
  none_held_out.latents = none_held_out.latents.narrow(2, 0, 4);
  CHECK(none_held_out.train().best_step == 4);
}

TEST_CASE("a snapshot brings every trained tensor back") {
  for (const std::string method : {"adasteer", "obc", "full"}) {
    INFO(method);
    Bench bench(method);
    bench.train();
    const double at_snapshot = bench.loss().item<double>();
    const Snapshot snapshot = Snapshot::of(bench.adaptation->groups());
    bench.settings.members[0].optimizer.lr = 0.3;
    bench.train();
    CHECK(bench.loss().item<double>() != at_snapshot);
    snapshot.restore(*bench.adaptation);
    CHECK(bench.loss().item<double>() == at_snapshot);
  }
}

TEST_CASE("a loss that is not finite ends the job as diverged, naming the step") {
  Bench bench("adasteer");
  bench.latents.fill_(std::numeric_limits<float>::infinity());
  try {
    bench.train();
    FAIL("no exception");
  } catch (const EngineError& error) {
    CHECK(error.cause() == FailureCause::kDiverged);
    CHECK_THAT(error.what(), Catch::Contains("step 1"));
  }
}

TEST_CASE("cancelling ends the loop at the next step") {
  Bench bench("adasteer");
  SilentSink sink;
  sink.cancel = true;
  JobMonitor monitor(sink);
  LoopTimings timings;
  CHECK_THROWS_WITH(optimize(bench.problem(), *bench.adaptation, bench.settings, monitor, timings),
                    Catch::Contains("cancelled"));
}
