// Digests that were recorded with version 0.1.0. A digest that changes makes every finished result
// unreachable: jobs that have one would run again. Change a constant only together with
// schemas/versions.def or a default, and say so in the CHANGELOG.

#include <catch2/catch.hpp>
#include <map>
#include <string>

#include "coordinator/sweep/load_sweep.h"
#include "tests/unit/sweep/sandbox.h"

using namespace cox::sweep;
using namespace cox::sweep::test;

namespace {

/// sweeps/demo.yaml with the model of the repository on the two clips of the sandbox.
SweepPlan demo(const Sandbox& sandbox, const std::vector<std::string>& more = {}) {
  std::vector<std::string> overrides = {
      "dataset.manifest=" + sandbox.path("clips.json"), "dataset.expected_failures=[]",
      "backbone.weights.lpips=" + sandbox.path("lpips.safetensors")};
  overrides.insert(overrides.end(), more.begin(), more.end());
  auto plan = load_sweep(COX_SOURCE_DIR "/sweeps/demo.yaml", {overrides});
  INFO(plan.status().message());
  REQUIRE(plan.is_ok());
  return *plan;
}

}  // namespace

TEST_CASE("the runs of the demo have the digests that were recorded") {
  const Sandbox sandbox;
  std::map<std::string, std::string> digests;
  for (const Run& run : demo(sandbox).runs) digests[run.name] = run.digest;
  const std::map<std::string, std::string> recorded = {
      {"none", "7dbbd5cffa02e599166ce6b0cb5e74a956c6c0d5a76f4011c21d5510f93ba88b"},
      {"adasteer-1", "6f006bc5a6ffba7a74b2d7c6f77f2dc02234f1eb50260840c961c2cd22c2de86"},
      {"adasteer-1-5-steps", "9cd9f55dff33f08860275cf7a0977eaf37c81b7d79f1ea32315ca5797e80b37d"},
      {"adasteer-1-20-steps", "3f1556846c4318d064ec2f667ab4279377bb62a5752fbd26ccfdcbdd11ec738a"},
      {"adasteer-1-flipped", "0f861d57ec3d5ac1f919008e4595554f56f13b64583ee57188b3d6e7eaa11af8"},
      {"adasteer-4", "77c2a1aedf21e07ca447f90d4b584a006d3c22aa15de6b1964c5b42780a8046f"},
      {"obc", "ac9911298028603ad9aa28a39e47d385ddd9b736b39611848e4bf49d92c48c20"},
      {"norm", "3c13a459af262ae8adc3f72f8db5828746f6563eb95a056e013589ac02078dbb"},
      {"hidden", "0da923876f24e56612655ff6e756489ba2cfcaf755e37a647c85a2a49b845a2d"},
      {"lora", "23f3c50f1b558cbbd8b46bde44ac7a4b9aba85f0261f69b213e27af8c4891e59"},
      {"full", "ffa0b8782f20f435001acc9bb8a506a1325b0bcef6a0b0ff29e8b5c6a6aa8396"},
  };
  CHECK(digests == recorded);
}

TEST_CASE("a job of the demo has the digest that was recorded") {
  const Sandbox sandbox;
  const SweepPlan plan = demo(sandbox);
  REQUIRE(plan.dataset.videos.front().id == "cat");
  CHECK(job_digest(run_named(plan, "none"), plan.dataset.videos.front()) ==
        "910c4af650182108dc02b5f134fe17c9ce32efcc391105b2fbe31d02d15c771e");
}

TEST_CASE("a run with LoRA files has the digest that was recorded") {
  const Sandbox sandbox;
  sandbox.write("step.safetensors", "the weights of a LoRA file");
  sandbox.write("look.safetensors", "the weights of another");
  const SweepPlan plan =
      demo(sandbox, {"backbone.lora=[" + sandbox.path("step.safetensors") +
                     ", {file: " + sandbox.path("look.safetensors") + ", multiplier: 0.5}]"});
  CHECK(run_named(plan, "none").digest ==
        "7481056a5225ac37117e2f5e3fb987474d442e863a1e912aad95506685e29d96");
}
