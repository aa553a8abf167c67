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
      {"none", "b50010be7b315fb438dce9565aaf2cbfdf39cfb26608bd1a816fff16b03f3526"},
      {"adasteer-1", "0e4101c9049f32c280d1a14af3dda9481e64cd41593d3114e5539c765260c627"},
      {"adasteer-1-5-steps", "ea4145e52ec30d126b603e5dcd3e0dae0c14e39afb19e50ed25a443ff108be0c"},
      {"adasteer-1-20-steps", "b8f0c41390ebb92b8b4d3b6a541fc8472dd016f539588848de6ad825c9234274"},
      {"adasteer-1-flipped", "7567a138c781ba8b5b9ddc8e807686d545ccde1fd34471c164609ee461031b0c"},
      {"adasteer-4", "9271243a86e8c6215f974c81d203aa603b6aa161738666ec07056d41f79d5143"},
      {"obc", "37204a1de59b593f1da198b50bc3b9bcc676d1668ec73fbb5423067ffb381167"},
      {"norm", "e05cbfa81bf29023528ca6133320de1fd158a9ae22418ef792d44170ec225d3e"},
      {"hidden", "7a99a7a4ab0e6314f3cf7b9507276eb4205749cb6e1c117e3300236555a28c7a"},
      {"lora", "909f348fc4582a9d0a26abf79865db7527c18c9bcfb2685337e747b38c047f0c"},
      {"full", "3457bd2542fc3c9275d830d0f7008431be54a2b431921b7ad1458a952a0067dc"},
  };
  CHECK(digests.size() == recorded.size());
  for (const auto& [name, digest] : recorded) {
    INFO(name);
    CHECK(digests[name] == digest);
  }
}

TEST_CASE("a job of the demo has the digest that was recorded") {
  const Sandbox sandbox;
  const SweepPlan plan = demo(sandbox);
  REQUIRE(plan.dataset.videos.front().id == "cat");
  CHECK(job_digest(run_named(plan, "none"), plan.dataset.videos.front()) ==
        "dfce1b49b671ba7eaa801c36230af40a8e5b264bc8c495d9b983180acf256e6d");
}

TEST_CASE("a run with LoRA files has the digest that was recorded") {
  const Sandbox sandbox;
  sandbox.write("step.safetensors", "the weights of a LoRA file");
  sandbox.write("look.safetensors", "the weights of another");
  const SweepPlan plan =
      demo(sandbox, {"backbone.lora=[" + sandbox.path("step.safetensors") +
                     ", {file: " + sandbox.path("look.safetensors") + ", multiplier: 0.5}]"});
  CHECK(run_named(plan, "none").digest ==
        "be8fd26e950f4086a4bc830137ee39a35b1f6835f4a6c86073e84242d2447c0d");
}
