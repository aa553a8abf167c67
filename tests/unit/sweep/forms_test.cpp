#include <catch2/catch.hpp>
#include <string>

#include "coordinator/sweep/identity.h"
#include "record/prompt.h"
#include "tests/unit/sweep/sandbox.h"

using namespace cox::sweep;
using namespace cox::sweep::test;
using Names = std::vector<std::string>;

TEST_CASE("without rows and grids a sweep is one run, named like its series") {
  const Sandbox sandbox;
  CHECK(names_of(sandbox.plan("method: none\n")) == Names{"s"});
}

TEST_CASE("matrix is a cross product, the first axis varying slowest") {
  const Sandbox sandbox;
  const auto plan =
      sandbox.plan("method: adasteer\nmatrix:\n  groups: [1, 4]\n  lr: [1e-2, 1e-3]\n");
  CHECK(names_of(plan) ==
        Names{"groups=1,lr=0.01", "groups=1,lr=0.001", "groups=4,lr=0.01", "groups=4,lr=0.001"});
  CHECK(parameter(plan.runs[3], "groups") == "4");
  CHECK(parameter(plan.runs[3], "lr") == "0.001");
}

TEST_CASE("a list of matrices is their union") {
  const Sandbox sandbox;
  const auto plan = sandbox.plan("method: adasteer\nmatrix: [{groups: [1, 4]}, {lr: [1e-3]}]\n");
  CHECK(names_of(plan) == Names{"groups=1", "groups=4", "lr=0.001"});
}

TEST_CASE("an axis may hold lists and nested names") {
  const Sandbox sandbox;
  const auto plan = sandbox.plan(
      "method: full\nmatrix: {early_stop: {sigmas: [[0.5], [0.25, 0.75]]}}\nname: \"S{index}\"\n");
  CHECK(names_of(plan) == Names{"S1", "S2"});
  CHECK(parameter(plan.runs[1], "early_stop.sigmas") == "[0.25,0.75]");
}

TEST_CASE("zip walks its lists together and crosses with matrix") {
  const Sandbox sandbox;
  const auto plan = sandbox.plan(
      "method: adasteer\nmatrix: {seed: [1, 2]}\nzip: {groups: [4, 12], lr: [2.5e-3, 8.3e-4]}\n"
      "name: \"g{groups}-lr{lr}-s{seed}\"\n");
  CHECK(names_of(plan) ==
        Names{"g4-lr0.0025-s1", "g12-lr0.00083-s1", "g4-lr0.0025-s2", "g12-lr0.00083-s2"});
}

TEST_CASE("exclude drops combinations, include extends matching ones or adds") {
  const Sandbox sandbox;
  const auto plan = sandbox.plan(
      "method: adasteer\n"
      "matrix: {groups: [1, 4], seed: [1, 2]}\n"
      "exclude: [{groups: 4, seed: 2}]\n"
      "include:\n"
      "  - {groups: 4, lr: 0.5}\n"
      "  - {groups: 12, seed: 7}\n"
      "name: \"g{groups}s{seed}\"\n");
  CHECK(names_of(plan) == Names{"g1s1", "g1s2", "g4s1", "g12s7"});
  CHECK(parameter(plan.runs[0], "lr") == "0.005");
  CHECK(parameter(plan.runs[2], "lr") == "0.5");
  CHECK(plan.runs[2].origins.at("lr").layer == "include");
}

TEST_CASE("named rows may change the method and cross with a matrix") {
  const Sandbox sandbox;
  const auto plan = sandbox.plan(
      "matrix: {cond_frames: [5, 9]}\n"
      "runs:\n"
      "  - {id: F, method: full, steps: 20}\n"
      "  - {id: N, method: none}\n"
      "name: \"{id}{index}\"\n");
  CHECK(names_of(plan) == Names{"F1", "F2", "N3", "N4"});
  CHECK(plan.runs[0].method == "full");
  CHECK(parameter(plan.runs[1], "cond_frames") == "9");
  CHECK(parameter(plan.runs[2], "steps").empty());
}

TEST_CASE("the method may be an axis") {
  const Sandbox sandbox;
  const auto plan = sandbox.plan("matrix: {method: [none, obc]}\n");
  CHECK(names_of(plan) == Names{"method=none", "method=obc"});
  CHECK(plan.runs[1].method == "obc");
}

TEST_CASE("method_params hold for the rows of that method, trains for all that train") {
  const Sandbox sandbox;
  const auto plan = sandbox.plan(
      "method_params:\n"
      "  trains: {steps: 7, lr: 0.5}\n"
      "  full: {lr: 0.25}\n"
      "runs: [{id: N, method: none}, {id: F, method: full}, {id: A, method: adasteer, lr: 2}]\n");
  CHECK(parameter(run_named(plan, "N"), "steps").empty());
  CHECK(parameter(run_named(plan, "F"), "steps") == "7");
  CHECK(parameter(run_named(plan, "F"), "lr") == "0.25");
  CHECK(parameter(run_named(plan, "A"), "lr") == "2.0");
}

TEST_CASE("derive fills what no row sets, in order of need") {
  const Sandbox sandbox;
  const auto plan = sandbox.plan(
      "method: adasteer\n"
      "params: {lr: 7}\n"
      "derive:\n"
      "  lr: \"base / groups\"\n"
      "  base: \"1e-2\"\n"
      "  generated: \"total_frames - cond_frames\"\n"
      "runs: [{id: A, groups: 4}, {id: B, groups: 4, lr: 3}]\n"
      "name: \"{id}-{generated}\"\n");
  CHECK(names_of(plan) == Names{"A-14", "B-14"});
  CHECK(parameter(plan.runs[0], "lr") == "0.0025");
  CHECK(plan.runs[0].origins.at("lr").layer == "derive");
  CHECK(parameter(plan.runs[1], "lr") == "3.0");
  CHECK(plan.runs[0].parameters.count("generated") == 0);
}

TEST_CASE("derive takes an integral real for an int and sees --set") {
  const Sandbox sandbox;
  const auto plan =
      sandbox.plan("method: adasteer\nderive: {steps: \"10 * groups / 2\"}\n", {"groups=4"});
  CHECK(parameter(plan.runs[0], "steps") == "20");
}

TEST_CASE("a derived parameter is left alone where the method lacks it") {
  const Sandbox sandbox;
  const auto plan = sandbox.plan(
      "derive: {lr: \"0.1 / groups\", twice: \"2 * groups\"}\n"
      "runs: [{id: N, method: none}, {id: A, method: adasteer, groups: 2}]\n");
  CHECK(parameter(run_named(plan, "N"), "lr").empty());
  CHECK(parameter(run_named(plan, "A"), "lr") == "0.05");
}

TEST_CASE("when switches a parameter off, and points that differed in it alone become one") {
  const Sandbox sandbox;
  const auto plan = sandbox.plan(
      "params: {lr: 0.5}\n"
      "matrix: {method: [none, obc, adasteer], groups: [1, 4]}\n"
      "when:\n"
      "  groups: \"method == 'adasteer'\"\n"
      "  lr: \"method != 'none'\"\n");
  CHECK(names_of(plan) ==
        Names{"method=none", "method=obc", "method=adasteer,groups=1", "method=adasteer,groups=4"});
  CHECK(parameter(plan.runs[1], "lr") == "0.5");
}

TEST_CASE("check passes quietly when every row holds") {
  const Sandbox sandbox;
  const auto plan = sandbox.plan(
      "method: adasteer\nmatrix: {groups: [1, 4]}\n"
      "check: [\"48 % groups == 0\", \"method == 'adasteer' && groups < 12\"]\n");
  CHECK(plan.runs.size() == 2);
}

TEST_CASE("replicates repeat every run with its own number") {
  const Sandbox sandbox;
  const auto plan = sandbox.plan("method: none\nmatrix: {seed: [1, 2]}\nreplicates: 2\n");
  CHECK(names_of(plan) == Names{"seed=1-r0", "seed=1-r1", "seed=2-r0", "seed=2-r1"});
  CHECK(parameter(plan.runs[1], "replicate") == "1");
  CHECK(plan.runs[0].digest != plan.runs[1].digest);
  CHECK(names_of(sandbox.plan("method: none\nreplicates: 2\nname: \"rep{replicate}\"\n")) ==
        Names{"rep0", "rep1"});
}

TEST_CASE("replicates may be named together, as a baseline and in tables") {
  const Sandbox sandbox;
  const std::string tables = "tables: [{title: T, rows: [B], columns: [psnr]}]\n";
  const auto plan = sandbox.plan(
      "method: none\nruns: [{id: A}, {id: B, seed: 2}]\nreplicates: 2\nbaseline: A\n" + tables);
  CHECK(plan.baseline == "A");
  CHECK(plan.runs[3].name == "B-r1");
  CHECK(plan.runs[3].shared_name == "B");
  CHECK(sandbox.plan("method: none\nreplicates: 2\nname: \"c{replicate}-x\"\nbaseline: c*-x\n")
            .runs[1]
            .shared_name == "c*-x");
  CHECK(sandbox.plan("method: none\nbaseline: test\nname: test\n").runs[0].shared_name.empty());
}

TEST_CASE("labels, tables, baseline, retry, policy, priority and resources reach the plan") {
  const Sandbox sandbox;
  const auto plan = sandbox.plan(
      "method: none\n"
      "labels: {experiment: \"4\", by: me}\n"
      "runs: [{id: A, labels: {by: you}}, {id: B, seed: 2}]\n"
      "baseline: A\n"
      "controls: [B]\n"
      "equivalence: {psnr: 0.1, ssim: 0.01}\n"
      "tables: [{title: T, rows: [B, A], columns: [seed, psnr]}]\n"
      "retry: {crash: 5, oom: 0, lost: 3, backoff: {base: 500ms, max: 10m}}\n"
      "policy: {fail_fast: true, max_failed_jobs: 4, max_gpu_hours: 2.5, stop_runs: {rule: asha, "
      "metric: lpips, min_items: 3}}\n"
      "priority: -3\n"
      "resources: {gpu_memory: 80GB, memory: 192 GiB, time: 20m}\n");
  CHECK(plan.runs[0].labels ==
        std::map<std::string, std::string>{{"experiment", "4"}, {"by", "you"}});
  CHECK(plan.runs[1].labels.at("by") == "me");
  CHECK(plan.controls == std::vector<std::string>{"B"});
  CHECK(plan.equivalence == std::vector<cox::EquivalenceMargin>{{"psnr", 0.1}, {"ssim", 0.01}});
  CHECK(plan.baseline == "A");
  REQUIRE(plan.tables.size() == 1);
  CHECK(plan.tables[0].rows == Names{"B", "A"});
  CHECK(plan.retry.crash == 5);
  CHECK(plan.retry.oom == 0);
  CHECK(plan.retry.lost == 3);
  CHECK(plan.retry.backoff_base_us == 500'000);
  CHECK(plan.retry.backoff_max_us == 600'000'000);
  CHECK(plan.policy.fail_fast);
  CHECK(plan.policy.max_failed_jobs == 4);
  CHECK(plan.policy.max_gpu_hours == 2.5);
  CHECK(plan.stop_rule == cox::StopRule{"asha", "lpips", true, 3, 3, {"A", "B"}});
  CHECK(plan.job_time_limit_us == 1'200'000'000);
  CHECK(plan.priority == -3);
  CHECK(plan.resources.gpus == 1);  // for its memory
  CHECK(plan.resources.gpu_memory_bytes == 80'000'000'000);
  CHECK(plan.resources.memory_bytes == std::int64_t{192} << 30);
  CHECK(sandbox.plan("method: none\nbaseline: {series: other, run: X}\n").baseline == "other/X");
  CHECK(sandbox.plan("method: none\nresources: {gpus: 2}\n").resources.gpus == 2);
  CHECK(sandbox.plan("method: none\nresources: {gpus: any}\n").resources.gpus == 1);
}

TEST_CASE("methods that generate nothing are controls, and have one replicate") {
  const Sandbox sandbox;
  const auto plan = sandbox.plan(
      "runs: [{id: A, method: none}, {id: last, method: repeat_last}, {id: vae, method: "
      "vae_ceiling}]\n"
      "replicates: 2\n"
      "controls: [last]\n");
  CHECK(names_of(plan) == Names{"A-r0", "A-r1", "last", "vae"});
  CHECK(plan.controls == Names{"last", "vae"});
  CHECK(plan.runs[2].shared_name.empty());
}

TEST_CASE("keep names which generated videos stay") {
  const Sandbox sandbox;
  using cox::Retention;
  const auto keep = [&](const std::string& text, const std::vector<std::string>& set = {}) {
    return sandbox.plan("method: none\n" + text, set).keep;
  };
  CHECK(keep("") == Retention{});
  CHECK(keep("keep: all\n") == Retention{});
  CHECK(keep("keep: none\n") == Retention{.kind = Retention::Kind::kNone});
  CHECK(keep("keep: {best: 3}\n") == Retention{.kind = Retention::Kind::kBest, .runs = 3});
  CHECK(keep("keep: {best: 1, metric: ssim}\n") ==
        Retention{.kind = Retention::Kind::kBest, .runs = 1, .metric = "ssim"});
  CHECK(keep("keep: {items: [dog]}\n") ==
        Retention{.kind = Retention::Kind::kItems, .items = {"dog"}});
  CHECK(keep("", {"keep=none"}).kind == Retention::Kind::kNone);
  const std::string digest = sandbox.plan("method: none\n").runs[0].digest;
  CHECK(sandbox.plan("method: none\nkeep: none\n").runs[0].digest == digest);
}

TEST_CASE("the study's preset lays its defaults where the method has them") {
  const Sandbox sandbox;
  const auto plan = sandbox.plan(
      "replicate: adasteer-2026\n"
      "method_params: {full: {loss_target: clean_minus_noise}}\n"
      "runs: [{id: N, method: none}, {id: A, method: adasteer}, {id: F, method: full}]\n");
  const Run& adasteer = run_named(plan, "A");
  CHECK(parameter(adasteer, "loss_target") == "\"noise_minus_clean\"");
  CHECK(parameter(adasteer, "clip") == "\"per_vector\"");
  CHECK(parameter(adasteer, "param_dtype") == "\"fp32\"");
  CHECK(adasteer.origins.at("clip").layer == "preset");
  const Run& full = run_named(plan, "F");
  CHECK(parameter(full, "param_dtype") == "\"bf16\"");
  CHECK(parameter(full, "loss_target") == "\"clean_minus_noise\"");
  const Run& none = run_named(plan, "N");
  CHECK(parameter(none, "constant_prompt") == "\"videos\"");
  CHECK(parameter(none, "loss_target").empty());
  CHECK(prompt_of(none.parameters, plan.dataset.videos[0].caption) == "videos");
}
