// Series of the AdaSteer study in the shapes that it has: irregular named rows, four methods
// crossed with one axis, a grid with a hole, lists as values. The study ran several of their
// configurations twice under other names; here they have one digest.
#include <catch2/catch.hpp>
#include <map>
#include <string>

#include "coordinator/sweep/load_sweep.h"
#include "tests/unit/sweep/sandbox.h"

using namespace cox::sweep;
using namespace cox::sweep::test;
using Names = std::vector<std::string>;

namespace {

SweepPlan study(const Sandbox& sandbox, const std::string& file) {
  auto plan = load_sweep(std::string(COX_SOURCE_DIR) + "/tests/unit/sweep/study/" + file,
                         {{"dataset.manifest=" + sandbox.path("clips.json"),
                           "backbone.model=" + sandbox.path("model")}});
  INFO(plan.status().message());
  REQUIRE(plan.is_ok());
  return std::move(plan).value();
}

Names same_as(const SweepPlan& plan, const std::string& digest) {
  Names names;
  for (const Run& run : plan.runs) {
    if (run.digest == digest) names.push_back(run.name);
  }
  return names;
}

}  // namespace

TEST_CASE("irregular named rows: each row of series 7 and 8 says what it changes") {
  const Sandbox sandbox;
  const auto plan = study(sandbox, "adasteer1.yaml");
  REQUIRE(plan.runs.size() == 10);
  CHECK(parameter(run_named(plan, "DA1"), "lr") == "0.001");
  CHECK(parameter(run_named(plan, "DA1"), "steps") == "20");
  CHECK(parameter(run_named(plan, "DA9"), "lr") == "0.005");
  CHECK(parameter(run_named(plan, "DA9"), "steps") == "80");
  CHECK(parameter(run_named(plan, "DA2"), "clip") == "\"per_vector\"");
  CHECK(parameter(run_named(plan, "DA2"), "adaptation_window.context_frames") == "14");
  CHECK(plan.series.number == 7);
  CHECK(plan.tables.size() == 2);
}

TEST_CASE("methods at their best setting, crossed with the horizon, give 16 runs") {
  const Sandbox sandbox;
  const auto plan = study(sandbox, "gen_horizon.yaml");
  REQUIRE(plan.runs.size() == 16);
  const Run& run = run_named(plan, "GH_DB-44");
  CHECK(run.method == "adasteer");
  CHECK(parameter(run, "inject") == "\"blocks\"");
  CHECK(parameter(run, "total_frames") == "44");
}

TEST_CASE("a configuration has one digest in every series that holds it") {
  const Sandbox sandbox;
  const auto adasteer1 = study(sandbox, "adasteer1.yaml");
  const auto horizon = study(sandbox, "gen_horizon.yaml");
  const auto groups = study(sandbox, "groups_5step.yaml");
  const auto ratio = study(sandbox, "ratio.yaml");
  const auto early_stop = study(sandbox, "early_stop.yaml");

  // DA2 = GH_DA2: 22.38 and 22.42 dB in the study, the noise of running one thing twice.
  CHECK(same_as(horizon, run_named(adasteer1, "DA2").digest) == Names{"GH_DA-28"});
  // AR4 and AR5 stayed open cells of a table while AS2 and AS3 were done.
  CHECK(same_as(ratio, run_named(groups, "AS2").digest) == Names{"AR4"});
  CHECK(same_as(ratio, run_named(groups, "AS3").digest) == Names{"AR5"});
  // The default of the ablation under five names, and the horizon's full fine-tuning.
  CHECK(same_as(early_stop, run_named(horizon, "GH_F-28").digest) ==
        Names{"ES_CF3", "ES_P3", "ES_S3", "ES_ND2", "ES_H2"});

  std::map<std::string, int> runs;
  for (const auto* plan : {&adasteer1, &horizon, &groups, &ratio, &early_stop}) {
    for (const Run& run : plan->runs) ++runs[run.digest];
  }
  CHECK(runs.size() == 10 + 16 + 6 + 8 + 13 - 1 - 2 - 5);
}

TEST_CASE("a grid with a hole keeps the study's numbering, and the context follows cond_frames") {
  const Sandbox sandbox;
  const auto plan = study(sandbox, "ratio.yaml");
  CHECK(names_of(plan) == Names{"AR1", "AR2", "AR3", "AR4", "AR5", "AR6", "AR7", "AR8"});
  const Run& run = run_named(plan, "AR8");
  CHECK(parameter(run, "cond_frames") == "24");
  CHECK(parameter(run, "groups") == "12");
  CHECK(parameter(run, "adaptation_window.context_frames") == "24");
}

TEST_CASE("lists stay whole: four sets of check noise levels are four runs") {
  const Sandbox sandbox;
  const auto plan = study(sandbox, "early_stop.yaml");
  CHECK(parameter(run_named(plan, "ES_S4"), "early_stop.sigmas") == "[0.1,0.3,0.5,0.7,0.9]");
  CHECK(run_named(plan, "ES_S2").digest != run_named(plan, "ES_S3").digest);
}
