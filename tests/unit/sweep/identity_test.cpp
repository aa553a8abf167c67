#include <catch2/catch.hpp>
#include <random>
#include <set>
#include <string>

#include "coordinator/sweep/identity.h"
#include "record/prompt.h"
#include "tests/unit/sweep/sandbox.h"

using namespace cox::sweep;
using namespace cox::sweep::test;

namespace {

std::string digest(const Sandbox& sandbox, const std::string& text) {
  return sandbox.plan(text).runs.front().digest;
}

}  // namespace

TEST_CASE("how a configuration is written does not change its digest") {
  const Sandbox sandbox;
  const std::string expected =
      digest(sandbox, "method: adasteer\nparams: {lr: 1e-2, groups: 4, metrics: [psnr, ssim]}\n");
  CHECK(expected.size() == 64);
  const char* same[] = {
      "# a comment\nparams: {groups: 4, lr: 0.01}  # and another\nmethod: adasteer\n",
      "method: adasteer\nparams: {lr: 1.0E-2, groups: 4, metrics: [ssim, psnr]}\n",
      "runs: [{id: X, method: adasteer, lr: 1e-2, groups: 4}]\n",
      "method: adasteer\nparams: {lr: 7}\nmatrix: {lr: [0.010]}\nderive: {groups: \"2 * 2\"}\n",
      "method: adasteer\nparams: {lr: 1e-2, groups: 4, early_stop: {patience: 3}}\n",
      "method: adasteer\nparams: {lr: 1e-2, groups: 4}\nlabels: {by: me}\npriority: 9\n"
      "resources: {gpus: 1}\nretry: {crash: 9}\n",
      "method: adasteer\nmethod_params: {adasteer: {lr: 1e-2}, trains: {lr: 4}}\nderive:\n"
      "  groups: \"8 / 2\"\n",
  };
  for (const char* text : same) {
    INFO(text);
    CHECK(digest(sandbox, text) == expected);
  }
}

TEST_CASE("whatever can change a result changes the digest") {
  const Sandbox sandbox;
  std::set<std::string> digests = {digest(sandbox, "method: adasteer\n")};
  const char* changes[] = {"lr: 6e-3",
                           "groups: 2",
                           "seed: 43",
                           "replicate: 1",
                           "cond_frames: 13",
                           "steps: 19",
                           "metrics: [psnr]",
                           "guidance: 4.5",
                           "inject: global",
                           "early_stop: {sigmas: [0.25, 0.75]}",
                           "early_stop: {sigmas: [0.75, 0.25]}",
                           "early_stop: {enabled: false}",
                           "dtype: fp32",
                           "dtype: fp8",
                           "constant_prompt: x",
                           "loss_target: noise_minus_clean",
                           "lr: 0.005000000000000001"};
  for (const char* change : changes) {
    INFO(change);
    CHECK(
        digests.insert(digest(sandbox, std::string("method: adasteer\nparams: {") + change + "}\n"))
            .second);
  }
  CHECK(digests.insert(digest(sandbox, "method: obc\n")).second);
  CHECK(digests.insert(digest(sandbox, "method: none\n")).second);
}

TEST_CASE("random spellings of one configuration have one digest, and other values another") {
  const auto seed = std::random_device{}();
  INFO("seed " << seed);
  std::mt19937 random(seed);
  const Sandbox sandbox;
  const std::vector<std::vector<std::string>> spellings = {
      {"lr: 0.01", "lr: 1e-2", "lr: 10.0E-3", "\"lr\": 0.0100"},
      {"groups: 4", "'groups': 4"},
      {"early_stop.patience: 5", "early_stop: {patience: 5}"},
      {"optimizer: sgd", "optimizer: \"sgd\"", "optimizer: 'sgd'"}};
  std::set<std::string> digests;
  for (int round = 0; round < 60; ++round) {
    std::vector<std::string> parts;
    for (const auto& choices : spellings) parts.push_back(choices[random() % choices.size()]);
    std::shuffle(parts.begin(), parts.end(), random);
    const size_t in_row = random() % (parts.size() + 1);
    std::string params;
    std::string row = "id: A";
    for (size_t i = 0; i < parts.size(); ++i) {
      if (i < in_row) {
        row += ", " + parts[i];
      } else {
        params += (params.empty() ? "" : ", ") + parts[i];
      }
    }
    digests.insert(
        digest(sandbox, "method: adasteer\nparams: {" + params + "}\nruns: [{" + row + "}]\n"));
  }
  CHECK(digests.size() == 1);
  const auto step = std::to_string(1 + random() % 5);
  CHECK(digests.count(
            digest(sandbox, "method: adasteer\nparams: {lr: 0.0" + step + ", groups: 5}\n")) == 0);
}

TEST_CASE("the model's and the LPIPS weights' content enter the digest, their paths do not") {
  const Sandbox sandbox;
  const std::string before = digest(sandbox, "method: none\n");
  sandbox.write("copy/dit/config.json",
                "{\"depth\": 48, \"hidden_size\": 4096, \"adaln_tembed_dim\": 512}");
  CHECK(sandbox.plan("method: none\n", {"backbone.model=" + sandbox.path("copy")}).runs[0].digest ==
        before);
  sandbox.write("copy/dit/config.json",
                "{\"depth\": 49, \"hidden_size\": 4096, \"adaln_tembed_dim\": 512}");
  CHECK(sandbox.plan("method: none\n", {"backbone.model=" + sandbox.path("copy")}).runs[0].digest !=
        before);

  const std::vector<std::string> weights = {"backbone.weights.lpips=" +
                                            sandbox.path("lpips.safetensors")};
  const std::string lpips = "method: none\nparams: {metrics: [psnr, lpips]}\n";
  const std::string with = sandbox.plan(lpips, weights).runs[0].digest;
  CHECK(sandbox.plan("method: none\n", weights).runs[0].digest == before);
  sandbox.write("lpips.safetensors", "other weights");
  CHECK(sandbox.plan(lpips, weights).runs[0].digest != with);
  CHECK(sandbox.plan("method: none\n", weights).runs[0].digest == before);
}

TEST_CASE("a LoRA file enters the run's identity by its content") {
  const Sandbox sandbox;
  const auto digest = [&](const std::vector<std::string>& set) {
    return sandbox.plan("method: none\n", set).runs[0].digest;
  };
  sandbox.write("a.lora", "first");
  sandbox.write("copy.lora", "first");
  const std::string without = digest({});
  const std::string with = digest({"backbone.lora=" + sandbox.path("a.lora")});
  CHECK(with != without);
  CHECK(digest({"backbone.lora=" + sandbox.path("copy.lora")}) == with);
  sandbox.write("a.lora", "second");
  CHECK(digest({"backbone.lora=" + sandbox.path("a.lora")}) != with);
  CHECK(digest({}) == without);
}

TEST_CASE("runs keep the digests that version 0.1.0 gave them") {
  // A digest may change here when schemas/versions.def is raised, and for no other reason: finished
  // results belong to it.
  const Sandbox sandbox;
  sandbox.write("model/dit/config.json", "{\"depth\": 2}");
  sandbox.write("step.lora", "weights of a step");
  const std::vector<std::string> lora = {"backbone.lora=" + sandbox.path("step.lora")};
  const auto digest_with = [&](const std::string& text, const std::vector<std::string>& set) {
    return sandbox.plan(text, set).runs[0].digest;
  };
  CHECK(digest(sandbox, "method: none\n") ==
        "e11429bd93722a82ef7cb82ec520754dc093439696e9a83a03066fbe50e2f9c9");
  CHECK(digest(sandbox, "method: adasteer\nparams: {lr: 1e-2, steps: 5}\n") ==
        "14e8359b8a7c7616961f61ec07c5a18ca648f81bf9bf746e68e6a2dbb55e807b");
  CHECK(digest(sandbox, "method: lora\nreplicate: adasteer-2026\n") ==
        "b8b2614692d7523e288a0a99a27a084e6e09b35aa43b71801de8c56af7b5ab7b");
  CHECK(digest_with("method: none\n", lora) ==
        "6e4febbfc8d6042eeddca09c47d93ba5fe2d3caf859721085121ae2930481955");
}

TEST_CASE("a parameter that was added later enters the digest only off its default") {
  const Sandbox sandbox;
  const auto digest_with = [&](const std::string& more) {
    return digest(sandbox, "method: adasteer\nparams: {lr: 1e-2, steps: 5" + more + "}\n");
  };
  const std::string before = digest_with("");
  CHECK(
      digest_with(", momentum: 0, blocks: [], early_stop: {context: window_start}, frame_rate: 0, "
                  "resolution: fixed") == before);
  std::set<std::string> digests = {before};
  for (const char* change :
       {", optimizer: sgd, momentum: 0.9", ", optimizer: sgd", ", blocks: [0]",
        ", early_stop: {context: adjacent}", ", frame_rate: 15", ", resolution: native"}) {
    INFO(change);
    CHECK(digests.insert(digest_with(change)).second);
  }
  CHECK(digest(sandbox, "method: film\nparams: {blocks: [3, 1]}\n") ==
        digest(sandbox, "method: film\nparams: {blocks: [1, 3]}\n"));
}

TEST_CASE("LoRA files enter the digest by content, multiplier and order") {
  const Sandbox sandbox;
  sandbox.write("a.lora", "first");
  sandbox.write("b.lora", "second");
  std::set<std::string> digests;
  const auto digest_of = [&](const std::string& loras) {
    return sandbox.plan("method: none\n", {"backbone.lora=" + loras}).runs[0].digest;
  };
  const std::string a = sandbox.path("a.lora"), b = sandbox.path("b.lora");
  const std::string alone = digest_of(a);
  CHECK(digest_of("[" + a + "]") == alone);
  CHECK(digest_of("{file: " + a + "}") == alone);
  CHECK(digest_of("{file: " + a + ", multiplier: 1}") == alone);
  digests.insert(alone);
  for (const std::string& other :
       {"{file: " + a + ", multiplier: 0.5}", "{file: " + a + ", multiplier: -0.5}",
        "[" + a + ", " + b + "]", "[" + b + ", " + a + "]",
        "[" + a + ", {file: " + b + ", multiplier: 0.5}]"}) {
    INFO(other);
    CHECK(digests.insert(digest_of(other)).second);
  }
}

TEST_CASE("a job's digest follows the run, the video's id and content, and the prompt") {
  Run run;
  run.digest = std::string(64, 'a');
  run.parameters = {{"prompt_source", "caption"}, {"constant_prompt", ""}};
  const PlannedVideo video{{"cat", "/a/cat.mp4", std::string(64, 'b'), "a cat"}, 30, 24.0};
  const std::string digest = job_digest(run, video);
  CHECK(digest.size() == 64);

  PlannedVideo other = video;
  other.path = "/b/cat.mp4";
  other.frames = 31;
  CHECK(job_digest(run, other) == digest);
  other.caption = "a dog";
  CHECK(job_digest(run, other) != digest);
  other = video;
  other.digest = std::string(64, 'c');
  CHECK(job_digest(run, other) != digest);
  other = video;
  other.id = "dog";
  CHECK(job_digest(run, other) != digest);

  Run constant = run;
  constant.parameters = {{"prompt_source", "constant"}, {"constant_prompt", "videos"}};
  CHECK(prompt_of(run.parameters, video.caption) == "a cat");
  CHECK(prompt_of(constant.parameters, video.caption) == "videos");
  CHECK(job_digest(constant, video) != digest);
}

TEST_CASE("a digest can be recomputed from the fields of its run") {
  const Sandbox sandbox;
  const auto plan = sandbox.plan("method: full\nlabels: {a: b}\n");
  Run bare;
  bare.method = plan.runs[0].method;
  bare.parameters = plan.runs[0].parameters;
  CHECK(run_digest(bare, plan.model) == plan.runs[0].digest);
}
