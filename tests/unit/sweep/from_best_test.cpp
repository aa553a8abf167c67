#include <catch2/catch.hpp>

#include "coordinator/sweep/load_sweep.h"
#include "tests/unit/sweep/sandbox.h"

using namespace cox::sweep;
using namespace cox::sweep::test;
using cox::Result;

namespace {

/// Answers every question with one run, and remembers what was asked.
struct Oracle {
  std::vector<BestQuery> asked;
  Result<BestRun> answer =
      BestRun{"rates/L3", {{"lr", "0.005"}, {"steps", "40"}, {"seed", "7"}, {"sigmas", "[1]"}}};

  Result<SweepPlan> load(const Sandbox& sandbox, const std::string& text) {
    sandbox.write("a.yaml", kHead + text);
    return load_sweep(sandbox.path("a.yaml"), {{}, [this](const BestQuery& query) {
                                                 asked.push_back(query);
                                                 return answer;
                                               }});
  }
};

const std::string kTake =
    "method: full\nfrom_best: {series: rates, metric: psnr, take: [lr, steps]}\n";

}  // namespace

TEST_CASE("from_best takes the values of another series' best run, and says where they are from") {
  const Sandbox sandbox;
  Oracle oracle;
  const auto plan = oracle.load(sandbox, kTake);
  INFO(plan.status().message());
  REQUIRE(plan.is_ok());
  const Run& run = plan->runs.front();
  CHECK(parameter(run, "lr") == "0.005");
  CHECK(parameter(run, "steps") == "40");
  CHECK(parameter(run, "seed") == "42");  // not taken
  CHECK(run.origins.at("lr").file == "from_best rates/L3 by psnr");
  CHECK(plan->text.find("# from_best rates/L3 by psnr\nparams:\n  lr: 0.005") != std::string::npos);
  REQUIRE(oracle.asked.size() == 1);
  CHECK(oracle.asked[0].series == "rates");
  CHECK(oracle.asked[0].highest);
}

TEST_CASE("a digest is that of the values, wherever they came from") {
  const Sandbox sandbox;
  Oracle oracle;
  const auto taken = oracle.load(sandbox, kTake);
  REQUIRE(taken.is_ok());
  const auto written = sandbox.plan("method: full\nparams: {lr: 0.005, steps: 40}\n");
  CHECK(taken->runs.front().digest == written.runs.front().digest);
}

TEST_CASE("what the sweep says itself wins over from_best") {
  const Sandbox sandbox;
  Oracle oracle;
  const auto plan = oracle.load(sandbox, kTake + "params: {lr: 1}\n");
  REQUIRE(plan.is_ok());
  CHECK(parameter(plan->runs.front(), "lr") == "1.0");
  CHECK(parameter(plan->runs.front(), "steps") == "40");
}

TEST_CASE("from_best takes a nested parameter, and the sweep's own wins in either spelling") {
  const Sandbox sandbox;
  Oracle oracle;
  oracle.answer = BestRun{"rates/L3", {{"early_stop.patience", "4"}}};
  const std::string take =
      "method: full\nfrom_best: {series: rates, metric: psnr, take: [early_stop.patience]}\n";
  CHECK(parameter(oracle.load(sandbox, take)->runs.front(), "early_stop.patience") == "4");
  for (const std::string own : {"early_stop: {patience: 9}", "early_stop.patience: 9"}) {
    const auto plan = oracle.load(sandbox, take + "params: {" + own + "}\n");
    INFO(plan.status().message());
    REQUIRE(plan.is_ok());
    CHECK(parameter(plan->runs.front(), "early_stop.patience") == "9");
  }
}

TEST_CASE("the goal is the metric's own unless the sweep names one") {
  const Sandbox sandbox;
  Oracle oracle;
  for (const std::string wish : {"metric: lpips", "metric: psnr, goal: min"}) {
    REQUIRE(oracle
                .load(sandbox, "method: full\nfrom_best: [{series: rates, " + wish +
                                   ", take: [lr]}, {series: b, metric: ssim, take: [steps]}]\n")
                .is_ok());
  }
  REQUIRE(oracle.asked.size() == 4);
  CHECK_FALSE(oracle.asked[0].highest);
  CHECK(oracle.asked[1].highest);
  CHECK_FALSE(oracle.asked[2].highest);
}

TEST_CASE("a refusal, a missing parameter and one taken twice are errors with their place") {
  const Sandbox sandbox;
  Oracle oracle;
  const auto message = [&](const std::string& text) {
    const auto plan = oracle.load(sandbox, text);
    REQUIRE_FALSE(plan.is_ok());
    return sandbox.without_directory(plan.status().message());
  };
  CHECK_THAT(message("method: full\nfrom_best: {series: r, metric: psnr, take: [groups]}\n"),
             Catch::Contains("a.yaml:6:45: from_best: the best run, rates/L3, has no parameter 'groups'"));
  CHECK_THAT(message("method: full\nfrom_best: {series: r, metric: psnr, take: [lr, lr]}\n"),
             Catch::Contains("takes 'lr' twice"));
  oracle.answer = cox::failed_precondition("series 'rates' is not finished: 3 jobs");
  CHECK_THAT(message(kTake), Catch::Contains("a.yaml:6:12: from_best: series 'rates' is not"));
}
