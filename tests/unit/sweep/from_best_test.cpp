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
  CHECK_THAT(
      message("method: full\nfrom_best: {series: r, metric: psnr, take: [groups]}\n"),
      Catch::Contains("a.yaml:6:45: from_best: the best run, rates/L3, has no parameter 'groups'"));
  CHECK_THAT(message("method: full\nfrom_best: {series: r, metric: psnr, take: [lr, lr]}\n"),
             Catch::Contains("takes 'lr' twice"));
  oracle.answer = cox::failed_precondition("series 'rates' is not finished: 3 jobs");
  CHECK_THAT(message(kTake), Catch::Contains("a.yaml:6:12: from_best: series 'rates' is not"));
}

TEST_CASE("where decides which runs are considered") {
  const Sandbox sandbox;
  Oracle oracle;
  const std::string take =
      "method: full\nfrom_best: {series: rates, metric: psnr, take: [lr], where: \"method != "
      "'none' && steps <= 20\"}\n";
  REQUIRE(oracle.load(sandbox, take).is_ok());
  const BestQuery& query = oracle.asked.at(0);
  CHECK(query.admits("full", {"rates/A", {{"steps", "20"}}}).value());
  CHECK_FALSE(query.admits("full", {"rates/B", {{"steps", "40"}}}).value());
  // `&&` decides before it reads a parameter that `none` lacks; a missing parameter does not match.
  CHECK_FALSE(query.admits("none", {"rates/C", {}}).value());
  CHECK_FALSE(query.admits("full", {"rates/D", {}}).value());
  REQUIRE(oracle.load(sandbox, kTake).is_ok());
  CHECK(oracle.asked.at(1).admits("none", {"rates/C", {}}).value());

  BestQuery wrong;
  wrong.where = std::get<Expression>(Expression::parse("lr + 1"));
  const auto refused = wrong.admits("full", {"rates/A", {{"lr", "0.5"}}});
  REQUIRE_FALSE(refused.is_ok());
  CHECK(refused.status().message() ==
        "from_best.where: expected true or false, got 1.5, in run rates/A");
}

TEST_CASE("the best run of a method without the parameter is an error that says how to filter") {
  const Sandbox sandbox;
  Oracle oracle;
  oracle.answer = BestRun{"rates/none", {{"seed", "42"}}};
  const auto plan = oracle.load(sandbox, kTake);
  REQUIRE_FALSE(plan.is_ok());
  CHECK_THAT(plan.status().message(),
             Catch::Contains("the best run, rates/none, has no parameter 'lr'") &&
                 Catch::Contains("`where: \"method != 'none'\"`"));
}

TEST_CASE("a taken value that the sweep overrides is a note with the run and the place") {
  const Sandbox sandbox;
  Oracle oracle;
  CHECK(oracle.load(sandbox, kTake)->notes.empty());
  const auto notes = [&](const std::string& more) {
    const auto plan = oracle.load(sandbox, kTake + more);
    INFO(plan.status().message());
    REQUIRE(plan.is_ok());
    REQUIRE(plan->notes.size() == 1);
    return sandbox.without_directory(plan->notes[0]);
  };
  CHECK(
      notes("method_params: {full: {lr: 1}}\n") ==
      "from_best rates/L3 by psnr: lr = 0.005 is overridden in 1 of 1 runs, for example in 's' by "
      "1.0 (a.yaml:7:28 (method_params))");
  CHECK(notes("params: {lr: 1}\n").find("by 1.0 (a.yaml:7:14 (params))") != std::string::npos);
  CHECK(
      notes("runs: [{id: A}, {id: B, steps: 5}]\n") ==
      "from_best rates/L3 by psnr: steps = 40 is overridden in 1 of 2 runs, for example in 'B' by "
      "5 (a.yaml:7:32 (runs))");
}
