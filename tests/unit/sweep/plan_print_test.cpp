#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>
#include <string>

#include "coordinator/sweep/identity.h"
#include "coordinator/sweep/load_sweep.h"
#include "coordinator/sweep/plan_json.h"
#include "coordinator/sweep/plan_text.h"
#include "tests/unit/sweep/sandbox.h"

using namespace cox::sweep;
using namespace cox::sweep::test;

namespace {

const std::string kPlan =
    "method_params: {trains: {steps: 7}}\n"
    "params: {seed: 3}\n"
    "runs: [{id: N, method: none}, {id: A, method: obc, lr: 1e-3}, {id: B, method: obc, lr: "
    "0.001}, {id: C, method: full}]\n";

}  // namespace

TEST_CASE("the plan as text shows digests, differences, shared settings and duplicates") {
  const Sandbox sandbox;
  const auto plan = sandbox.plan(kPlan);
  const std::string text = sandbox.without_directory(plan_text(plan));
  const std::string none = plan.runs[0].digest.substr(0, 12);
  const std::string obc = plan.runs[1].digest.substr(0, 12);
  const std::string full = plan.runs[3].digest.substr(0, 12);
  CHECK(text ==
        "series   s\n"
        "dataset  small, 2 videos, digest " +
            plan.dataset.digest.substr(0, 12) +
            "\n"
            "model    longcat-video in model, digest " +
            plan.model.digest.substr(0, 12) +
            "\n\n"
            "run  digest        method  jobs  settings\n"
            "N    " +
            none +
            "  none    2\n"
            "A    " +
            obc +
            "  obc     2     lr=0.001\n"
            "B    " +
            obc +
            "  obc     2     lr=0.001\n"
            "C    " +
            full +
            "  full    2     lr=1e-05\n"
            "\n"
            "all runs: seed=3\n"
            "all runs whose method has it: steps=7\n"
            "everything else is at its schema default\n"
            "\n"
            "4 runs x 2 videos: 8 jobs, 6 of them distinct\n"
            "the same configuration: A = B\n");
}

TEST_CASE("the plan as JSON is exact and versioned") {
  const Sandbox sandbox;
  const auto plan = sandbox.plan(kPlan, {"dataset.expected_failures=[broken]"});
  const auto json = nlohmann::json::parse(plan_json(plan));
  CHECK(json.at("format") == "cox-plan/1");
  CHECK(json.at("series").at("name") == "s");
  CHECK(json.at("dataset").at("digest") == plan.dataset.digest);
  CHECK(json.at("dataset").at("videos").size() == 3);
  CHECK(json.at("dataset").at("expected_failures")[0] == "broken");
  CHECK(json.at("model").at("digest") == plan.model.digest);
  REQUIRE(json.at("runs").size() == 4);
  const auto& run = json.at("runs")[1];
  CHECK(run.at("name") == "A");
  CHECK(run.at("digest") == plan.runs[1].digest);
  CHECK(run.at("parameters").at("lr") == 0.001);
  CHECK(run.at("parameters").at("early_stop.sigmas") == nlohmann::json({0.25, 0.5, 0.75}));
  CHECK(run.at("parameters").size() == plan.runs[1].parameters.size());
  CHECK(run.at("origins").at("lr").at("layer") == "runs");
  CHECK(run.at("origins").at("lr").at("line") == 7);
  CHECK(run.at("origins").count("guidance") == 0);
  CHECK(run.at("jobs")[0].at("video") == "cat");
  CHECK(run.at("jobs")[0].at("digest") == job_digest(plan.runs[1], plan.dataset.videos[0]));
  CHECK(run.at("jobs")[0].at("prompt") == plan.dataset.videos[0].caption);
  CHECK(json.at("totals").at("jobs") == 12);
  CHECK(json.at("totals").at("distinct_jobs") == 9);
  CHECK(json.at("totals").at("same_configuration")[0] == nlohmann::json({"A", "B"}));
  CHECK(json.at("duplicates") == nlohmann::json::parse(R"([["A", "B"]])"));
}

TEST_CASE("the same plan is presented the same way each time") {
  const Sandbox sandbox;
  CHECK(plan_json(sandbox.plan(kPlan)) == plan_json(sandbox.plan(kPlan)));
}

TEST_CASE("duplicates in the plan's JSON are runs that mean the same, too") {
  const Sandbox sandbox;
  const auto plan = sandbox.plan(
      "method: adasteer\nmatrix: {early_stop.holdout_fraction: [0.125, 0.25, 0.5]}\nname: "
      "h{index}\n");
  const auto json = nlohmann::json::parse(plan_json(plan));
  CHECK(json.at("duplicates") == nlohmann::json::parse(R"([["h1", "h2"]])"));
  CHECK(json.at("totals").at("distinct_runs") == 3);
}

TEST_CASE("a sweep that waits is printed with what it waits for and its runs") {
  const Sandbox sandbox;
  sandbox.write("w.yaml",
                "version: 1\nwaits_for: the backbone x\nseries: {name: w}\nmethod: [a, b]\n"
                "runs: [{id: A, odd: 1}, {id: B}]\n");
  LoadOptions accept;
  accept.accept_waiting = true;
  const auto plan = load_sweep(sandbox.path("w.yaml"), accept);
  INFO(plan.status().message());
  REQUIRE(plan.is_ok());
  CHECK(plan_text(*plan) == "series   w\nwaits for the backbone x\n\n2 runs: A, B\n");
  const auto json = nlohmann::json::parse(plan_json(*plan));
  CHECK(json.at("waits_for") == "the backbone x");
  CHECK(json.at("waiting_runs") == nlohmann::json({"A", "B"}));
  const auto refused = load_sweep(sandbox.path("w.yaml"));
  REQUIRE_FALSE(refused.is_ok());
  CHECK(sandbox.without_directory(refused.status().message())
            .find("w.yaml:1:1: series 'w' cannot run yet: it waits for the backbone x") == 0);
}
