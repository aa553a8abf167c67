#include <catch2/catch.hpp>

#include "coordinator/sweep/import_sweep.h"
#include "coordinator/sweep/load_sweep.h"
#include "tests/unit/sweep/sandbox.h"

using namespace cox::sweep;
using namespace cox::sweep::test;
using Names = std::vector<std::string>;

namespace {

const std::string kOld =
    "# a comment\n"
    "method: delta_a\n"
    "series: 7\n"
    "series_name: rates\n"
    "description: \"Rates of one vector\"\n"
    "fixed:\n"
    "  delta_steps: 20\n"
    "  num_cond_frames: 14\n"
    "  num_frames: 28\n"
    "  gen_start_frame: 32\n"
    "  num_inference_steps: 50\n"
    "  guidance_scale: 4.0\n"
    "  resolution: 480p\n"
    "  seed: 42\n"
    "  max_videos: 1\n";

/// Imports `text` from old.yaml and returns what load_sweep makes of the sweep.
SweepPlan one(const Sandbox& sandbox, const std::string& text) {
  sandbox.write("old.yaml", text);
  const auto sweep =
      import_sweep(sandbox.path("old.yaml"), {sandbox.path("clips.json"), sandbox.path("model")});
  INFO(sweep.status().message());
  REQUIRE(sweep.is_ok());
  auto plan = sandbox.load(sweep->text);
  INFO(sweep->text << plan.status().message());
  REQUIRE(plan.is_ok());
  CHECK(plan->series.name == sweep->series);
  return std::move(plan).value();
}

std::string refusal(const Sandbox& sandbox, const std::string& text) {
  sandbox.write("old.yaml", text);
  const auto sweeps = import_sweep(sandbox.path("old.yaml"), {"m", "d"});
  REQUIRE_FALSE(sweeps.is_ok());
  return sandbox.without_directory(sweeps.status().message());
}

}  // namespace

TEST_CASE("an imported series has the digests of the same series written by hand") {
  const Sandbox sandbox;
  const auto plan =
      one(sandbox, kOld +
                       "sweep:\n  - {run_id: DA1, delta_lr: 1.0e-3}\n  - {run_id: DA2, "
                       "delta_lr: 5.0e-3}\n");
  CHECK(names_of(plan) == Names{"DA1", "DA2"});
  CHECK(plan.series.number == 7);
  CHECK(plan.series.title == "Rates of one vector");
  CHECK(plan.dataset.videos.size() == 1);
  const auto written = load_sweep(COX_SOURCE_DIR "/sweeps/adasteer/adasteer1-lr.yaml",
                                  {{"dataset.manifest=" + sandbox.path("clips.json"),
                                    "backbone.model=" + sandbox.path("model")}});
  REQUIRE(written.is_ok());
  for (const char* name : {"DA1", "DA2"}) {
    CHECK(run_named(plan, name).digest == run_named(*written, name).digest);
  }
}

TEST_CASE("keys in capitals, lists in strings and names of blocks are read") {
  const Sandbox sandbox;
  const auto plan = one(
      sandbox,
      "METHOD: LoRA\nSERIES: 4b\nSERIES_NAME: targets\nFIXED: {LORA_RANK: 2, TARGET_FFN: TRUE, "
      "ES_ANCHOR_SIGMAS: \"0.25, 0.75\"}\nSWEEP:\n  - {RUN_ID: A, TARGET_MODULES: \"qkv,proj\", "
      "LORA_TARGET_BLOCKS: last_4}\n  - {run_id: B, target_modules: qkv, lora_target_blocks: all, "
      "es_disable: true}\n");
  CHECK(plan.series.labels.at("series") == "4b");
  const Run& first = run_named(plan, "A");
  CHECK(parameter(first, "targets") == "[\"qkv\",\"proj\",\"ffn\"]");
  CHECK(parameter(first, "last_blocks") == "4");
  CHECK(parameter(first, "early_stop.sigmas") == "[0.25,0.75]");
  CHECK(parameter(first, "early_stop.enabled") == "true");
  const Run& second = run_named(plan, "B");
  CHECK(parameter(second, "targets") == "[\"qkv\",\"ffn\"]");
  CHECK(parameter(second, "last_blocks") == "0");
  CHECK(parameter(second, "early_stop.enabled") == "false");
}

TEST_CASE("the older methods become ours, and training that changes nothing becomes none") {
  const Sandbox sandbox;
  const auto method = [&](const std::string& name, const std::string& row) {
    const auto plan =
        one(sandbox, "method: " + name + "\nseries_name: s\nsweep: [{run_id: A" + row + "}]\n");
    return plan.runs.at(0);
  };
  CHECK(parameter(method("delta_a", ""), "inject") == "\"global\"");
  CHECK(parameter(method("delta_b", ", num_groups: 4"), "inject") == "\"blocks\"");
  CHECK(method("delta_b", ", delta_target: hidden").method == "hidden");
  CHECK(method("delta_c", ", delta_mode: per_channel").method == "obc");
  CHECK(parameter(method("norm_tune", ", norm_target: qk_norm"), "tensors") == "\"qk_norm\"");
  CHECK(parameter(method("film", ", film_mode: scale_only"), "variant") == "\"scale_only\"");
  CHECK(method("full", ", num_steps: 0, learning_rate: 0.0, es_disable: true").method == "none");
  CHECK(method("full", ", num_steps: 5").method == "full");
}

TEST_CASE("the model's own adapters, lists of blocks and tuning with a vector are read") {
  const Sandbox sandbox;
  const auto pairs = one(sandbox,
                         "method: lora\nseries_name: s\nsweep:\n"
                         "  - {run_id: A, use_builtin_lora: true, lora_target_blocks: \"47, 0\"}\n"
                         "  - {run_id: B, use_builtin_lora: false}\n");
  CHECK(parameter(run_named(pairs, "A"), "pairs") == "\"split\"");
  CHECK(parameter(run_named(pairs, "A"), "blocks") == "[0,47]");
  CHECK(parameter(run_named(pairs, "B"), "pairs") == "\"fused\"");
  const auto together =
      one(sandbox,
          "method: norm_tune\nseries_name: s\nsweep:\n  - {run_id: DAO3, "
          "also_tune_delta: true, norm_lr: 0.005, norm_target: cross_attn_norm}\n");
  const Run& run = together.runs.at(0);
  CHECK(run.method == "adasteer+norm");
  CHECK(parameter(run, "adasteer.inject") == "\"global\"");
  CHECK(parameter(run, "adasteer.lr") == "0.005");
  CHECK(parameter(run, "norm.lr") == "0.005");
  CHECK(parameter(run, "norm.tensors") == "\"cross_attn_norm\"");
}

TEST_CASE("the clean context follows the conditioning frames unless the file says otherwise") {
  const Sandbox sandbox;
  const auto plan = one(sandbox,
                        "method: delta_a\nseries_name: s\nsweep:\n"
                        "  - {run_id: A, num_cond_frames: 2}\n"
                        "  - {run_id: B, num_cond_frames: 2, tta_context_frames: 7}\n");
  CHECK(parameter(run_named(plan, "A"), "adaptation_window.context_frames") == "2");
  CHECK(parameter(run_named(plan, "B"), "adaptation_window.context_frames") == "7");
  const auto all = one(sandbox,
                       "method: delta_a\nseries_name: s\nfixed: {tta_context_frames: 7}\n"
                       "sweep: [{run_id: A, num_cond_frames: 2}]\n");
  CHECK(parameter(all.runs.at(0), "adaptation_window.context_frames") == "7");
}

TEST_CASE("rows over different numbers of videos stay one series") {
  const Sandbox sandbox;
  const std::string head = "method: delta_b\nseries_name: s\nsweep:\n";
  const auto plan = one(sandbox, head +
                                     "  - {run_id: A, max_videos: 1}\n"
                                     "  - {run_id: B, max_videos: 2, delta_lr: 0.1}\n");
  CHECK(plan.dataset.videos.size() == 2);
  CHECK(plan.dataset.videos_of(run_named(plan, "A")).size() == 1);
  CHECK(plan.dataset.videos_of(run_named(plan, "B")).size() == 2);
  CHECK(plan.text.find("{manifest: \"" + sandbox.path("clips.json") + "\", max_videos: 2}") !=
        std::string::npos);

  // A row without a number uses all videos.
  const auto open =
      one(sandbox, head + "  - {run_id: A, max_videos: 1}\n  - {run_id: B, delta_lr: 0.1}\n");
  CHECK(open.dataset.videos_of(run_named(open, "A")).size() == 1);
  CHECK(open.dataset.videos_of(run_named(open, "B")).size() == 2);
  CHECK(
      refusal(sandbox, head + "  - {run_id: A, max_videos: few}\n").find("max_videos: expected") !=
      std::string::npos);
}

TEST_CASE(
    "a value that its parameter cannot have is refused at its place, not when the sweep is read") {
  const Sandbox sandbox;
  const std::string message =
      refusal(sandbox,
              "method: lora\nseries_name: s\nfixed:\n  num_steps: ten\n  es_anchor_sigmas: "
              "\"0.25, x\"\n  norm_target: nothing\nsweep: [{run_id: A, lora_alpha: 1e-}]\n");
  for (const char* expected :
       {"old.yaml:4:14: num_steps: expected an int, got 'ten'",
        "old.yaml:5:21: es_anchor_sigmas[1]: expected a float, got 'x'",
        "old.yaml:6:16: norm_target: expected one of", "lora_alpha: expected a float, got '1e-'"}) {
    INFO(message);
    CHECK(message.find(expected) != std::string::npos);
  }
}

TEST_CASE("every key and value without a counterpart is named with its place, all at once") {
  const Sandbox sandbox;
  const std::string message = refusal(
      sandbox,
      "method: lora\nseries_name: s\nnotes: x\nfixed:\n  batch_videos: 5\n  lora_rnk: 1\n"
      "  use_builtin_lora: maybe\n  resolution: 720p\nsweep:\n  - {run_id: A, es_disable: maybe, "
      "lora_target_blocks: first_2}\n  - {lora_rank: 1}\n");
  for (const char* expected :
       {"old.yaml:3:1: unknown key 'notes' at the top level",
        "old.yaml:5:3: unknown key 'batch_videos'",
        "old.yaml:6:3: unknown key 'lora_rnk'; did you mean 'lora_rank'?",
        "old.yaml:7:21: use_builtin_lora: expected true or false, got 'maybe'",
        "old.yaml:8:15: resolution: only 480p can be imported, got '720p'",
        "old.yaml:10:29: es_disable: expected true or false, got 'maybe'",
        "lora_target_blocks: only all, last_N or a list of blocks can be imported, got 'first_2'",
        "old.yaml:11:5: a row of `sweep` needs a `run_id`"}) {
    INFO(message << "\nlacks\n" << expected);
    CHECK(message.find(expected) != std::string::npos);
  }
}

TEST_CASE("a file that is not of the older format is refused") {
  const Sandbox sandbox;
  CHECK(refusal(sandbox, "- 1\n").find("must be a map, got a list") != std::string::npos);
  CHECK(refusal(sandbox, "method: delta_z\nseries_name: s\nsweep: [{run_id: A}]\n")
            .find("old.yaml:1:9: unknown method 'delta_z'; did you mean 'delta_a'?") == 0);
  CHECK(refusal(sandbox, "method: full\nsweep: [{run_id: A}]\n").find("needs `series_name`") !=
        std::string::npos);
  CHECK(refusal(sandbox, "method: full\nseries_name: s\nsweep: []\n")
            .find("`sweep` must be a list of rows with a `run_id`") != std::string::npos);
  CHECK(refusal(sandbox, "method: full\nseries_name: s\nsweep: [{run_id: A}, {run_id: A}]\n")
            .find("run_id 'A' is given twice") != std::string::npos);
  CHECK(refusal(sandbox,
                "method: full\nseries_name: s\nfixed: {num_steps: 1, delta_steps: 2}\n"
                "sweep: [{run_id: A}]\n")
            .find("'num_steps' and 'delta_steps' are both steps") != std::string::npos);
}
