#include "coordinator/sweep/price.h"

#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

#include "coordinator/sweep/identity.h"
#include "coordinator/sweep/load_sweep.h"
#include "coordinator/sweep/plan_json.h"
#include "tests/unit/sweep/sandbox.h"

using namespace cox::sweep;
using namespace cox::sweep::test;

namespace {

// The published window: 4 context, 3 trained and 1 held-out latent frames of 1,560 tokens; 4 + 4
// generated.
const std::string kStudy =
    "method: adasteer\n"
    "method_params: {trains: {lr: 5e-3, early_stop: {enabled: false}}}\n"
    "runs: [{id: A, steps: 5}, {id: B, steps: 20}, {id: C, steps: 20}, {id: N, method: none}]\n";

cox::Result<PlanPrice> price(const SweepPlan& plan, const PriceOptions& options = {}) {
  return price_of({plan}, options);
}

MeasuredRun measured(const SweepPlan& plan, const Run& run) {
  MeasuredRun made;
  made.method = run.method;
  made.parameters = run.parameters;
  made.model_digest = plan.model.digest;
  made.device = "cuda";
  made.device_name = "NVIDIA H200";
  made.build = "b1";
  made.newest_us = 10;
  made.results = 4;
  made.steps = 40;
  made.train_s = 120;
  made.generate_s = 200;
  made.source_s = made.decode_s = made.score_s = 4;
  return made;
}

}  // namespace

TEST_CASE("fp8 multiplies faster in generation only, and holds the blocks' weights twice") {
  const Sandbox sandbox;
  const auto plan = sandbox.plan(
      "method: adasteer\nruns: [{id: A}, {id: B, dtype: fp8}, {id: C, method: none}, "
      "{id: D, method: none, dtype: fp8}]\n");
  const auto shape = model_shape(plan.facts).value();
  const auto device = device_model("h200").value();
  const auto narrow = counted_seconds("adasteer", plan.runs[0].parameters, shape, device);
  const auto rounded = counted_seconds("adasteer", plan.runs[1].parameters, shape, device);
  CHECK(rounded.step == narrow.step);
  CHECK(rounded.check == narrow.check);
  CHECK(rounded.probe == narrow.probe);
  // 48 blocks of 12 h^2 + 6 h f, 6,240 tokens, 56 evaluations of two branches, and the context
  // once.
  const double h = 4096, f = 11008;
  const double flop = 48 * 6240 * (112 * (12 * h * h + 6 * h * f) + 8 * h * h + 6 * h * f);
  CHECK(narrow.generation - rounded.generation == Approx(flop / 675e12 - flop / 1226e12));
  CHECK(narrow.generation - rounded.generation == Approx(40.33 - 29.79).epsilon(0.01));  // measured
  CHECK(peak_memory_bytes("none", plan.runs[3].parameters, shape) -
            peak_memory_bytes("none", plan.runs[2].parameters, shape) ==
        Approx(48 * (8 * h * h + 3 * h * f)));
  // Training holds more than generation, with or without it.
  CHECK(peak_memory_bytes("adasteer", plan.runs[1].parameters, shape) ==
        peak_memory_bytes("adasteer", plan.runs[0].parameters, shape));
}

TEST_CASE("counted seconds are the operations over the rates of the device") {
  const Sandbox sandbox;
  const auto plan = sandbox.plan("method: adasteer\n");
  const auto shape = model_shape(plan.facts);
  REQUIRE(shape.is_ok());
  const auto device = device_model("h200");
  REQUIRE(device.is_ok());
  const auto seconds = counted_seconds("adasteer", plan.runs[0].parameters, *shape, *device);
  // Worked out apart, from the token counts; measured on the device: 39.5, 1.64 and 0.79 s.
  CHECK(seconds.generation == Approx(37.458628199781046));
  CHECK(seconds.step == Approx(1.6160243320495262));
  CHECK(seconds.check + 6 * seconds.probe == Approx(0.686639511672156));
  CHECK(probes_of(plan.runs[0].parameters) == 6);
  CHECK(evaluations_of(plan.runs[0].parameters) == 56);
  // The weights and 17.7 values of bf16 for each of 10,920 tokens; 104.8 GB were measured.
  CHECK(peak_memory_bytes("adasteer", plan.runs[0].parameters, *shape) / 1e9 == Approx(103.080788));
}

TEST_CASE("full fine-tuning keeps masters, gradients and states, divided over the GPUs of a job") {
  const Sandbox sandbox;
  const auto plan = sandbox.plan(
      "method: full\n"
      "runs: [{id: S}, {id: M, momentum: 0.9}, {id: A, optimizer: adamw}]\n");
  const auto shape = model_shape(plan.facts);
  REQUIRE(shape.is_ok());
  std::map<std::string, cox::Parameters> of;
  for (const Run& run : plan.runs) of[run.name] = run.parameters;
  const auto bytes = [&](const std::string& run, int gpus) {
    return peak_memory_bytes("full", of.at(run), *shape, gpus);
  };
  // Weights and gradients of 2 bytes, masters and each state of 4, and 23.4 values of bf16 for each
  // of 10,920 tokens, 48 blocks and 4096 hidden units.
  const double kept = 10920.0 * 48 * 4096 * 23.4 * 2, all = shape->parameters();
  CHECK(bytes("S", 1) == Approx(kept + all * (2 + 2 + 4)));
  CHECK(bytes("M", 1) == Approx(kept + all * (2 + 2 + 4 + 4)));
  CHECK(bytes("A", 1) == Approx(kept + all * (2 + 2 + 4 + 8)));
  CHECK(bytes("A", 2) == Approx(kept / 2 + all * (2 + (2 + 4 + 8) / 2.0)));
  // Recomputed: the input of each block, and what one of them keeps.
  const double recomputed = 10920.0 * 4096 * 2 * (48 + 23.4);
  CHECK(peak_memory_bytes("full", of.at("A"), *shape, 2, /*recomputes=*/true) ==
        Approx(recomputed / 2 + all * (2 + (2 + 4 + 8) / 2.0)));
  CHECK(bytes("A", 8) == Approx(kept / 8 + all * (2 + (2 + 4 + 8) / 8.0)));
}

TEST_CASE("methods differ in what a step computes") {
  const Sandbox sandbox;
  const auto plan = sandbox.plan(
      "runs: [{id: A, method: adasteer}, {id: O, method: obc}, {id: F, method: full}, "
      "{id: L, method: lora}, {id: K, method: lora, last_blocks: 12}, {id: N, method: none}]\n");
  const auto shape = model_shape(plan.facts);
  const auto device = device_model("h200");
  std::map<std::string, double> step;
  for (const Run& run : plan.runs) {
    step[run.name] = counted_seconds(run.method, run.parameters, *shape, *device).step;
  }
  CHECK(step["N"] == 0);
  CHECK(step["L"] == Approx(step["A"]));
  CHECK(step["K"] == Approx(step["O"] + (step["A"] - step["O"]) / 4));
  CHECK(step["F"] > step["A"]);
}

TEST_CASE("a plan's price counts duplicates once and a trajectory once") {
  const Sandbox sandbox;
  const auto plan = sandbox.plan(kStudy);
  const auto made = price(plan);
  REQUIRE(made.is_ok());
  CHECK(made->runs == 4);
  CHECK(made->distinct_runs == 3);
  CHECK(made->duplicates == std::vector<std::vector<std::string>>{{"s/B", "s/C"}});
  CHECK(made->jobs == 8);
  CHECK(made->known_jobs == 0);
  // Two videos.
  CHECK(made->naive.counts.steps == 2 * 45);
  CHECK(made->shared.counts.steps == 2 * 20);
  CHECK(made->naive.counts.generations == 8);
  CHECK(made->shared.counts.generations == 6);
  CHECK(made->shared.seconds.generation == Approx(6 * 37.458628199781046));
  CHECK(made->shared.seconds.training == Approx(40 * 1.6160243320495262));
  CHECK(made->finish_s == Approx(made->shared_s()));
  CHECK(made->measured_on.empty());
}

TEST_CASE("plans are priced together: equal runs of two series are one") {
  const Sandbox sandbox;
  const auto plan = sandbox.plan(kStudy);
  auto other = plan;
  other.series.name = "t";
  const auto alone = price(plan);
  const auto both = price_of({plan, other}, {});
  REQUIRE(both.is_ok());
  CHECK(both->shared.counts == alone->shared.counts);
  CHECK(both->naive.counts.steps == 2 * alone->naive.counts.steps);
  CHECK(both->distinct_runs == 3);
}

TEST_CASE("jobs that the database has are known, and cost nothing") {
  const Sandbox sandbox;
  const auto plan = sandbox.plan(kStudy);
  PriceOptions options;
  options.measured.emplace();
  for (const auto& video : plan.dataset.videos) {
    options.measured->done_jobs.insert(job_digest(run_named(plan, "B"), video));
  }
  const auto made = price(plan, options);
  REQUIRE(made.is_ok());
  CHECK(made->known_jobs == 4);  // B is C
  CHECK(made->shared.counts.steps == 2 * 5);
  CHECK(made->shared.counts.generations == 4);
}

TEST_CASE("the outcomes of rules in a database give the price that is expected") {
  const Sandbox sandbox;
  const auto plan = sandbox.plan(
      "method: adasteer\nparams: {lr: 1e-2, steps: 20}\nruns: [{id: A, groups: 1}, {id: B, groups: "
      "4}]\n");
  const auto unknown = price(plan);
  CHECK_FALSE(unknown->expected.has_value());
  // Two trajectories of 20 steps: two generations a video, or one when both begin at the start.
  CHECK(unknown->shared.counts.generations == 4);
  CHECK(unknown->least.counts.generations == 2);

  // On the first of two videos A stopped at 15 and took the start; on the second it ran to its end.
  // Another model, size and seed; B is not known.
  PriceOptions options;
  options.measured.emplace();
  MeasuredRun run = measured(plan, run_named(plan, "A"));
  run.model_digest = "another";
  run.parameters["height"] = 32;
  run.parameters["seed"] = 7;
  run.device = "cpu";
  run.outcomes = {{"v1", {15, 0}}, {"v2", {20, 20}}};
  options.measured->runs.push_back(run);
  const auto known = price(plan, options);
  REQUIRE(known->expected.has_value());
  CHECK(known->expected->rules == 2);
  CHECK(known->expected->known == 1);
  CHECK(known->expected->videos == 2);
  // For each of the plan's two videos, five steps and a check less with probability one half.
  const auto& seconds = known->shared.seconds;
  const double step = seconds.training / 80;
  const double check = seconds.checks / 20;
  CHECK(known->expected->shared_s == Approx(known->shared_s() - 5 * step - check));
  CHECK(known->expected->naive_s == Approx(known->naive_s() - 5 * step - check));
  CHECK(price_text(*known).find("1 of 2 rules are known there, on 2 items") != std::string::npos);

  options.measured->runs[0].parameters["lr"] = 0.5;  // another adaptation
  CHECK_FALSE(price(plan, options)->expected.has_value());
}

TEST_CASE("full fine-tuning is priced without the states that do not fit") {
  const Sandbox sandbox;
  const auto plan = sandbox.plan(
      "method: full\nparams: {steps: 20}\nmatrix: {early_stop.patience: [1, 2, 3]}\nname: "
      "p{early_stop.patience}\n",
      {"dataset.max_videos=1"});
  const auto made = price(plan);
  // Each of three rules may choose a different state, of 54 GB: steps run again to two of them.
  CHECK(made->shared.counts.steps > 20);
  CHECK(made->shared.counts.steps <= 20 + 20 + 20);
  CHECK(made->naive.counts.steps == 60);
}

TEST_CASE("measured results of equal geometry, device and newest build give the seconds") {
  const Sandbox sandbox;
  const auto plan = sandbox.plan(kStudy);
  PriceOptions options;
  options.measured.emplace();
  // Another rate and number of steps is equal geometry.
  auto known = measured(plan, run_named(plan, "A"));
  known.parameters["lr"] = 1.0;
  auto older = known;
  older.build = "b0";
  older.newest_us = 9;
  older.train_s = 1e6;
  auto elsewhere = known;
  elsewhere.device_name = "NVIDIA A100";
  elsewhere.newest_us = 99;
  options.measured->source = "database 'x.db'";
  options.measured->runs = {older, known, elsewhere};
  const auto made = price(plan, options);
  REQUIRE(made.is_ok());
  CHECK(made->measured_on == "NVIDIA H200, build b1, in database 'x.db'");
  CHECK(made->shared.seconds.training == Approx(40 * 3.0));
  CHECK(made->shared.seconds.generation == Approx(6 * 50.0));
  CHECK(made->origin.at("steps, measured") == 3);
  CHECK(made->origin.count("steps, counted") == 0);
  CHECK(made->origin.at("source, counted") == 1);  // `none` reads no window

  options.measured->runs[1].parameters["height"] = 240;
  const auto other = price(plan, options);
  CHECK(other->origin.at("steps, counted") == 3);
}

TEST_CASE("without inputs the price is for the videos that the caller assumes") {
  const Sandbox sandbox;
  sandbox.write("a.yaml", kHead + kStudy);
  const auto plan = load_sweep_without_inputs(sandbox.path("a.yaml"));
  REQUIRE(plan.is_ok());
  PriceOptions options;
  options.videos = 10;
  const auto made = price(*plan, options);
  REQUIRE(made.is_ok());
  CHECK(made->jobs == 40);
  CHECK_FALSE(made->inputs_were_read);
  CHECK(made->shared.counts.steps == 200);
  CHECK(made->shared.seconds.generation == Approx(30 * 37.458628199781046));
  CHECK(price_text(*made).find("priced for 10 items of each data set") != std::string::npos);

  const auto few = load_sweep_without_inputs(sandbox.path("a.yaml"), {{"dataset.max_videos=3"}});
  REQUIRE(few.is_ok());
  CHECK(price(*few, options)->jobs == 12);
}

TEST_CASE("the price as JSON has its own document and extends the plan's") {
  const Sandbox sandbox;
  const auto plan = sandbox.plan(kStudy);
  const auto made = price(plan);
  const auto json = nlohmann::json::parse(price_json(*made));
  CHECK(json.at("format") == "cox-price/1");
  CHECK(json.at("runs") == 4);
  CHECK(json.at("duplicates") == nlohmann::json::parse(R"([["s/B", "s/C"]])"));
  CHECK(json.at("gpu_hours").at("naive") == Approx(made->naive_s() / 3600));
  CHECK(json.at("gpu_hours").at("by_cause").at("training").at("shared") ==
        Approx(made->shared.seconds.training / 3600));
  double sum = 0;
  for (const auto& cause : json.at("gpu_hours").at("by_cause")) {
    sum += cause.at("shared").get<double>();
  }
  CHECK(sum == Approx(json.at("gpu_hours").at("shared").get<double>()));

  const auto document = nlohmann::json::parse(plan_json(plan, &*made));
  CHECK(document.at("format") == "cox-plan/1");
  CHECK(document.at("runs").is_array());
  CHECK(document.at("duplicates") == nlohmann::json::parse(R"([["B", "C"]])"));
  CHECK(document.at("distinct_runs") == 3);
  CHECK(document.at("jobs") == 8);
  CHECK(document.at("finish_s") == json.at("finish_s"));
}

TEST_CASE("a price that cannot be made says why") {
  const Sandbox sandbox;
  auto plan = sandbox.plan(kStudy);
  PriceOptions options;
  options.workers = 0;
  CHECK(price(plan, options).status().message() == "workers: expected 1 to 1000000, got 0");
  options.workers = 1;
  options.videos = -1;
  CHECK(price(plan, options).status().message() == "videos: expected 1 to 1000000, got -1");
  CHECK(device_model("abacus").status().message() ==
        "unknown device model 'abacus'; expected one of h200, cpu");
  plan.facts["hidden_size"] = 0;
  CHECK(price(plan).status().message() == "the model's 'hidden_size': expected at least 1, got 0");
  plan.facts.erase("hidden_size");
  CHECK(price(plan).status().message() ==
        "the model's 'hidden_size': expected at least 1, got nothing");
}

TEST_CASE("a sweep that waits costs nothing") {
  SweepPlan waiting;
  waiting.waits_for = "a backbone";
  const auto made = price(waiting);
  REQUIRE(made.is_ok());
  CHECK(made->runs == 0);
  CHECK(made->shared_s() == 0);
  CHECK(made->finish_s == 0);
}
