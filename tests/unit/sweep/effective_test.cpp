#include <fmt/format.h>

#include <catch2/catch.hpp>

#include "coordinator/sweep/effective.h"
#include "coordinator/sweep/plan_text.h"
#include "tests/unit/sweep/sandbox.h"

using namespace cox::sweep;
using namespace cox::sweep::test;
using Names = std::vector<std::string>;

TEST_CASE("runs that compute the same under other settings are named with where they differ") {
  const Sandbox sandbox;
  // 32 frames are 8 latents, 14 are 4 of context: 0.125, 0.25 and 0.375 of 4 hold out 1, 0.5 two.
  const auto plan = sandbox.plan(
      "method: adasteer\nmatrix: {early_stop.holdout_fraction: [0.125, 0.25, 0.375, 0.5]}\nname: "
      "h{index}\n");
  REQUIRE(plan.equal_in_effect.size() == 1);
  CHECK(plan.equal_in_effect[0].names == Names{"h1", "h2", "h3"});
  CHECK(plan.equal_in_effect[0].parameters == Names{"early_stop.holdout_fraction"});
  CHECK(plan_text(plan).find("equal in effect: h1 = h2 = h3 (computed for each; they differ in "
                             "early_stop.holdout_fraction)\n") != std::string::npos);
}

TEST_CASE("zero and the whole size of the model are one setting") {
  const Sandbox sandbox;
  const auto names = [&](const std::string& text) {
    const auto plan = sandbox.plan(text);
    return plan.equal_in_effect.empty() ? Names{} : plan.equal_in_effect[0].names;
  };
  CHECK(names("method: adasteer\nmatrix: {delta_dim: [0, 511, 512]}\nname: d{delta_dim}\n") ==
        Names{"d0", "d512"});
  CHECK(names("method: lora\nmatrix: {last_blocks: [0, 47, 48]}\nname: b{last_blocks}\n") ==
        Names{"b0", "b48"});
  CHECK(names("method: lora\nruns: [{id: A, last_blocks: 2}, {id: B, blocks: [47, 46]}, {id: C, "
              "blocks: [46]}]\n") == Names{"A", "B"});
  CHECK(names("method: hidden\nmatrix: {clip: [joint, per_vector]}\n").empty());
  CHECK(names("method: lora\nruns: [{id: A, alpha: 2, rank: 4}, {id: B, alpha: 0.5, rank: 4, "
              "scaling: alpha}, {id: C, alpha: 2, rank: 4, scaling: alpha}]\n") == Names{"A", "B"});
  CHECK(names("method: lora\nmatrix: {pairs: [fused, split]}\n").empty());
  CHECK(names("method: lora\nparams: {targets: [proj]}\nmatrix: {pairs: [fused, split]}\n") ==
        Names{"pairs=fused", "pairs=split"});
  CHECK(names("method: none\nmatrix: {guidance: [0, 1, 4]}\nname: g{guidance}\n") ==
        Names{"g0.0", "g1.0"});
  CHECK(names("method: none\nparams: {resolution: native}\nmatrix: {height: [480, 512]}\nname: "
              "h{height}\n") == Names{"h480", "h512"});
  CHECK(names("method: none\nmatrix: {height: [480, 512]}\n").empty());
  CHECK(names("method: adasteer\nmatrix: {clip: [joint, per_vector]}\n") ==
        Names{"clip=joint", "clip=per_vector"});
  CHECK(names("method: adasteer\nparams: {groups: 2}\nmatrix: {clip: [joint, per_vector]}\n")
            .empty());
}

TEST_CASE("a window that is all context trains its last latent frame, without checks") {
  const Sandbox sandbox;
  for (const int frames : {2, 14, 24}) {
    const std::string text = fmt::format(
        "method: adasteer\nparams: {{early_stop: {{enabled: false}}, adaptation_window: "
        "{{total_frames: {0}, context_frames: {0}}}}}\n",
        frames);
    CHECK(sandbox.plan(text).runs.size() == 1);
  }
  CHECK(sandbox
            .errors("method: adasteer\nparams: {adaptation_window: {total_frames: 14, "
                    "context_frames: 14}}\n")
            .find("train_latents: of 4 latent frames in the adaptation window, 3 are context and 1 "
                  "held out") != std::string::npos);
}

TEST_CASE("replicates and runs of other methods are never equal in effect") {
  const Sandbox sandbox;
  CHECK(sandbox.plan("method: none\nreplicates: 3\n").equal_in_effect.empty());
  CHECK(sandbox.plan("matrix: {method: [none, obc]}\n").equal_in_effect.empty());
}

TEST_CASE("steps after the last check, patience that cannot run out and no warm-up are named") {
  const Sandbox sandbox;
  const auto names = [&](const std::string& text) {
    const auto plan = sandbox.plan("method: adasteer\n" + text);
    return plan.equal_in_effect.empty() ? Names{} : plan.equal_in_effect[0].names;
  };
  // 20 steps with a check every 5: a fifth miss cannot happen, and a fourth is the end anyway.
  CHECK(names("matrix: {early_stop.patience: [3, 4, 5, 10]}\nname: p{early_stop.patience}\n") ==
        Names{"p5", "p10"});
  CHECK(names("matrix: {steps: [20, 22, 24, 25]}\nname: n{steps}\n") == Names{"n20", "n22", "n24"});
  CHECK(names("params: {early_stop.enabled: false}\nmatrix: {steps: [20, 22]}\n").empty());
  CHECK(names("matrix: {warmup_steps: [0, 1, 2]}\nname: w{warmup_steps}\n") == Names{"w0", "w1"});
}

TEST_CASE("runs of several sweeps that compute the same are named with their series") {
  const Sandbox sandbox;
  std::vector<SweepPlan> plans;
  plans.push_back(sandbox.plan("method: obc\nruns: [{id: A, steps: 5}, {id: B, steps: 6}]\n"));
  plans.push_back(sandbox.plan("method: obc\nruns: [{id: C, steps: 5}, {id: D, steps: 10}]\n",
                               {"series.name=t"}));
  plans.push_back(sandbox.plan("method: obc\nruns: [{id: E, steps: 5}]\n",
                               {"series.name=u", "dataset.max_videos=1"}));
  CHECK(duplicates_among(plans) == std::vector<Names>{{"s/A", "s/B", "t/C"}});
  CHECK(duplicates_text(plans) == "the same result: s/A = s/B = t/C\n");
}
