#include <catch2/catch.hpp>
#include <string>

#include "coordinator/sweep/load_sweep.h"
#include "coordinator/sweep/plan_text.h"
#include "tests/unit/sweep/sandbox.h"

using namespace cox::sweep;
using namespace cox::sweep::test;

namespace {

std::string origin(const Run& run, const std::string& name) {
  const Origin& at = run.origins.at(name);
  return at.layer + (at.line == 0 ? "" : ":" + std::to_string(at.line));
}

}  // namespace

TEST_CASE("each layer wins over the weaker ones, and values know where they come from") {
  const Sandbox sandbox;
  sandbox.write("base.yaml", "params:\n  seed: 1\n  lr: 1\n  steps: 11\n");
  const std::string head = "extends: base.yaml\nmethod: full\n";
  const auto first = [&](const std::string& text, const std::vector<std::string>& set = {}) {
    return sandbox.plan(head + text, set).runs.front();
  };
  Run run = first("");
  CHECK(parameter(run, "lr") == "1.0");
  CHECK(origin(run, "lr") == "extends:3");
  CHECK(origin(run, "warmup_steps") == "schema");
  CHECK(parameter(run, "warmup_steps") == "3");

  run = first("params: {lr: 2}\n");
  CHECK(parameter(run, "lr") == "2.0");
  CHECK(origin(run, "lr") == "params:7");
  CHECK(parameter(run, "steps") == "11");

  run = first("params: {lr: 2}\nmethod_params: {full: {lr: 3}}\n");
  CHECK(origin(run, "lr") == "method_params:8");

  run = first("params: {lr: 2}\nderive: {lr: \"4\"}\n");
  CHECK(parameter(run, "lr") == "4.0");

  run = first("params: {lr: 2}\nderive: {lr: \"4\"}\nmatrix: {lr: [5]}\n");
  CHECK(parameter(run, "lr") == "5.0");
  CHECK(origin(run, "lr") == "matrix:9");

  run = first("matrix: {seed: [1]}\ninclude: [{seed: 1, lr: 6}]\n");
  CHECK(origin(run, "lr") == "include:8");

  run = first("matrix: {seed: [1]}\ninclude: [{seed: 1, lr: 6}]\nruns: [{id: A, lr: 7}]\n");
  CHECK(origin(run, "lr") == "runs:9");

  run = first("runs: [{id: A, lr: 7}]\n", {"lr=8", "early_stop.sigmas=[0.5]"});
  CHECK(parameter(run, "lr") == "8.0");
  CHECK(origin(run, "lr") == "set:1");
  CHECK(parameter(run, "early_stop.sigmas") == "[0.5]");
}

TEST_CASE("origins are printed in words, and survive being stored") {
  const Sandbox sandbox;
  const auto plan =
      sandbox.plan("method: full\nreplicate: adasteer-2026\nparams: {lr: 0.002}\n", {"seed=7"});
  const Run& run = plan.runs[0];
  const std::string file = run.origins.at("lr").file;
  CHECK(origin_text(run.origins.at("lr")) ==
        file + ":" + std::to_string(run.origins.at("lr").line) + ":" +
            std::to_string(run.origins.at("lr").column) + " (params)");
  CHECK(origin_text(run.origins.at("seed")) == "--set");
  CHECK(origin_text(run.origins.at("height")) == "default of schemas/run.yaml");
  bool has_preset = false;
  for (const auto& [name, origin] : run.origins) {
    if (origin.layer != "preset") continue;
    has_preset = true;
    CHECK(origin_text(origin) == "preset of schemas/presets/adasteer-2026.yaml");
  }
  CHECK(has_preset);

  const std::string table = origins_text(plan);
  CHECK(table.find(run.name) == 0);
  CHECK(table.find("  seed  ") != std::string::npos);
  CHECK(table.find("default of schemas/run.yaml\n") != std::string::npos);
  CHECK(table.find(origin_text(run.origins.at("lr")) + "\n") != std::string::npos);

  const auto stored = origins_from_json(origins_json(run.origins)).value();
  CHECK(stored.count("height") == 0);  // a default follows from the method
  for (const auto& [name, origin] : run.origins) {
    if (origin.layer != "schema") CHECK(origin_text(stored.at(name)) == origin_text(origin));
  }
  CHECK(origins_from_json("[]").status().code() == cox::StatusCode::kInvalidArgument);
  CHECK(origins_from_json(R"({"lr": 3})").status().code() == cox::StatusCode::kInvalidArgument);
}

TEST_CASE("--set changes the method of every run and what the file says of model and data") {
  const Sandbox sandbox;
  sandbox.write("other/dit/config.json", "{}");
  const auto plan = sandbox.plan("method: full\nruns: [{id: A}, {id: B, method: obc, seed: 7}]\n",
                                 {"method=none", "backbone.model=" + sandbox.path("other"),
                                  "series.name=t", "priority=3", "dataset.max_videos=1"});
  CHECK(plan.runs[0].method == "none");
  CHECK(plan.runs[1].method == "none");
  CHECK(plan.model.directory == sandbox.path("other"));
  CHECK(plan.series.name == "t");
  CHECK(plan.priority == 3);
  CHECK(plan.dataset.videos.size() == 1);
}

TEST_CASE("a base's paths are relative to the base, and its lists are replaced") {
  const Sandbox sandbox;
  sandbox.write("deep/base.yaml",
                "version: 1\n"
                "dataset: {manifest: ../clips.json}\n"
                "backbone: {name: longcat-video, model: ../model}\n"
                "matrix: {seed: [1, 2, 3]}\n"
                "method: none\n");
  const auto loaded = sandbox.load(
      "version: 1\nextends: [deep/base.yaml]\nseries: {name: s}\nmatrix: {seed: [9]}\n");
  INFO(loaded.status().message());
  REQUIRE(loaded.is_ok());
  CHECK(names_of(*loaded) == std::vector<std::string>{"seed=9"});
  CHECK(loaded->model.directory == sandbox.path("model"));
  CHECK(loaded->text.find("deep/base.yaml") != std::string::npos);
  CHECK(loaded->text.find("seed: [9]") != std::string::npos);
}

TEST_CASE("a base's value is overridden in either spelling of a nested name") {
  const Sandbox sandbox;
  const std::string nested = "params: {early_stop: {patience: 7, check_every: 2}}\n";
  const std::string dotted = "params: {early_stop.patience: 7, early_stop.check_every: 2}\n";
  const std::string mixed = "params: {early_stop: {check_every: 2}, early_stop.patience: 7}\n";
  for (const std::string& base : {nested, dotted, mixed}) {
    sandbox.write("base.yaml", base);
    for (const std::string own : {"early_stop: {patience: 9}", "early_stop.patience: 9"}) {
      INFO(base << own);
      const auto plan =
          sandbox.plan("extends: base.yaml\nmethod: full\nparams: {" + own + ", lr: 1}\n");
      CHECK(parameter(plan.runs[0], "early_stop.patience") == "9");
      CHECK(parameter(plan.runs[0], "early_stop.check_every") == "2");
      CHECK(origin(plan.runs[0], "early_stop.patience") == "params:7");
      CHECK(origin(plan.runs[0], "early_stop.check_every") == "extends:1");
    }
  }
  sandbox.write("base.yaml",
                "method_params: {full: {early_stop: {patience: 7}}}\n"
                "matrix: {early_stop: {check_every: [2, 4]}, seed: [1, 2]}\n");
  const auto plan = sandbox.plan(
      "extends: base.yaml\nmethod: full\n"
      "method_params: {full: {early_stop.patience: 9}}\n"
      "matrix: {early_stop.check_every: [1]}\n");
  CHECK(parameter(plan.runs[0], "early_stop.patience") == "9");
  CHECK(names_of(plan) == std::vector<std::string>{"early_stop.check_every=1,seed=1",
                                                   "early_stop.check_every=1,seed=2"});
}

TEST_CASE("both spellings in one file stay an error, which names both places") {
  const Sandbox sandbox;
  sandbox.write("base.yaml", "params:\n  early_stop: {patience: 3}\n  early_stop.patience: 4\n");
  CHECK(sandbox.errors("extends: base.yaml\nmethod: full\n")
            .find("base.yaml:3:3: 'early_stop.patience' is given twice, first at base.yaml:2:16") ==
        0);
}

TEST_CASE("later bases win over earlier ones") {
  const Sandbox sandbox;
  sandbox.write("b1.yaml", "params: {seed: 1, height: 96}\n");
  sandbox.write("b2.yaml", "params: {seed: 2}\n");
  const auto plan = sandbox.plan("extends: [b1.yaml, b2.yaml]\nmethod: none\n");
  CHECK(parameter(plan.runs[0], "seed") == "2");
  CHECK(parameter(plan.runs[0], "height") == "96");
}

TEST_CASE("a circle of files, a missing base and a wrong base are errors with their place") {
  const Sandbox sandbox;
  sandbox.write("b.yaml", "extends: c.yaml\n");
  sandbox.write("c.yaml", "extends: a.yaml\n");
  CHECK(sandbox.errors("extends: b.yaml\nmethod: none\n")
            .find("c.yaml:1:10: 'a.yaml' extends itself") == 0);
  CHECK(sandbox.errors("extends: nowhere.yaml\nmethod: none\n")
            .find("a.yaml:5:10: cannot extend: ") == 0);
  sandbox.write("b.yaml", "params: {sed: 1}\n");
  CHECK(sandbox.errors("extends: b.yaml\nmethod: none\n").find("b.yaml:1:10: unknown key 'sed'") ==
        0);
  CHECK(sandbox.errors("extends: a.yaml\nmethod: none\n").find("extends itself") !=
        std::string::npos);
}

TEST_CASE("a missing sweep file is not found") {
  const auto loaded = load_sweep("/nowhere/sweep.yaml");
  REQUIRE_FALSE(loaded.is_ok());
  CHECK(loaded.status().code() == cox::StatusCode::kNotFound);
  CHECK(loaded.status().message().find("/nowhere/sweep.yaml") != std::string::npos);
}

TEST_CASE("a sweep can be checked where its data and model are not") {
  const Sandbox sandbox;
  sandbox.write("a.yaml",
                "version: 1\nseries: {name: s}\ndataset: {manifest: gone.json}\n"
                "backbone: {name: longcat-video, model: gone}\nmethod: full\n");
  const auto plan = load_sweep_without_inputs(sandbox.path("a.yaml"));
  INFO(plan.status().message());
  REQUIRE(plan.is_ok());
  CHECK(plan->runs.size() == 1);
  CHECK(plan->runs[0].digest.empty());
  CHECK(plan->dataset.digest.empty());
}

TEST_CASE("--set replicate takes a preset by name, and a number for the parameter") {
  const Sandbox sandbox;
  const auto study = sandbox.plan("method: full\n", {"replicate=adasteer-2026"});
  CHECK(parameter(study.runs[0], "param_dtype") == "\"bf16\"");
  CHECK(study.runs[0].origins.at("param_dtype").layer == "preset");
  CHECK(parameter(study.runs[0], "replicate") == "0");
  const auto third = sandbox.plan("method: full\n", {"replicate=3"});
  CHECK(parameter(third.runs[0], "param_dtype") == "\"fp32\"");
  CHECK(parameter(third.runs[0], "replicate") == "3");
  CHECK(sandbox.errors("method: full\n", {"replicate=adasteer-2025"})
            .find("--set:1:11: unknown study 'adasteer-2025'; did you mean 'adasteer-2026'?") == 0);
}
