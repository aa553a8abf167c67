#include <catch2/catch.hpp>
#include <filesystem>
#include <string>

#include "tests/unit/sweep/sandbox.h"

using namespace cox::sweep;
using namespace cox::sweep::test;
using cox::StatusCode;

namespace {

std::vector<std::string> ids_of(const SweepPlan& plan) {
  std::vector<std::string> ids;
  for (const Video& video : plan.dataset.videos) ids.push_back(video.id);
  return ids;
}

using Ids = std::vector<std::string>;

}  // namespace

TEST_CASE("the manifest's readable videos are the data set, with its name and a digest") {
  const Sandbox sandbox;
  const auto plan = sandbox.plan("method: none\n");
  CHECK(ids_of(plan) == Ids{"cat", "dog"});
  CHECK(plan.dataset.name == "small");
  CHECK(plan.dataset.digest.size() == 64);
  CHECK(plan.dataset.videos[0].caption == "a cat");
  CHECK(plan.dataset.videos[0].frames == 100);
}

TEST_CASE("include, exclude and max_videos choose videos, and the digest follows") {
  const Sandbox sandbox;
  const std::string tail =
      "series: {name: s}\nversion: 1\nbackbone: {name: longcat-video, model: model}\nmethod: "
      "none\n";
  const auto load = [&](const std::string& dataset) {
    auto plan = sandbox.load("dataset: {manifest: clips.json, " + dataset + "}\n" + tail);
    INFO(plan.status().message());
    REQUIRE(plan.is_ok());
    return std::move(plan).value();
  };
  const auto all = load("name: other");
  CHECK(all.dataset.name == "other");
  CHECK(ids_of(load("include: [dog]")) == Ids{"dog"});
  CHECK(ids_of(load("exclude: [dog]")) == Ids{"cat"});
  CHECK(ids_of(load("max_videos: 1")) == Ids{"cat"});
  CHECK(load("include: [dog]").dataset.digest != all.dataset.digest);
  CHECK(load("max_videos: 2").dataset.digest == all.dataset.digest);
}

TEST_CASE("a rejected video that is expected to fail becomes a video without frames") {
  const Sandbox sandbox;
  const auto plan = sandbox.plan("method: none\n", {"dataset.expected_failures=[broken]"});
  CHECK(ids_of(plan) == Ids{"cat", "dog", "broken"});
  CHECK(plan.dataset.videos[2].frames == 0);
  CHECK(plan.dataset.videos[2].path == "/clips/broken.mp4");
  CHECK(plan.dataset.expected_failures == Ids{"broken"});
  CHECK(ids_of(sandbox.plan("method: none\n", {"dataset.expected_failures=[cat]"})) ==
        Ids{"cat", "dog"});
}

TEST_CASE("ids that the manifest does not hold are errors") {
  const Sandbox sandbox;
  CHECK(sandbox.errors("method: none\n", {"dataset.include=[catt]"})
            .find("dataset.include: no video 'catt' in clips.json; did you mean 'cat'?") !=
        std::string::npos);
  CHECK(sandbox.errors("method: none\n", {"dataset.expected_failures=[borken]"})
            .find("did you mean 'broken'?") != std::string::npos);
  CHECK(
      sandbox.errors("method: none\n", {"dataset.exclude=[cat]", "dataset.expected_failures=[cat]"})
          .find("'cat' is left out") != std::string::npos);
  auto manifest = small_manifest();
  manifest.rejected[0].path = "";
  manifest.rejected[0].sha256 = "";
  sandbox.write_manifest(manifest);
  CHECK(sandbox.errors("method: none\n", {"dataset.expected_failures=[broken]"})
            .find("'broken' has no file") != std::string::npos);
}

TEST_CASE("videos shorter than the window are listed, unless they are expected to fail") {
  const Sandbox sandbox;
  auto manifest = small_manifest();
  manifest.videos[0].frames = 45;
  sandbox.write_manifest(manifest);
  CHECK(sandbox.errors("method: none\n") ==
        "a.yaml:3:21: 1 video is too short for run 's', which reads 46 source frames: cat (45)\n"
        "    dataset: {manifest: clips.json}\n"
        "                        ^\n"
        "  leave them out with dataset.exclude, or name them under dataset.expected_failures");
  CHECK(sandbox.plan("method: none\n", {"dataset.expected_failures=[cat]"}).runs.size() == 1);
  manifest.videos[0].frames = 46;
  sandbox.write_manifest(manifest);
  CHECK(sandbox.plan("method: none\n").runs.size() == 1);
}

TEST_CASE("frame_stride stretches the window: 46 frames at stride 2 need 91") {
  const Sandbox sandbox;
  auto manifest = small_manifest();
  manifest.videos[0].frames = 90;
  sandbox.write_manifest(manifest);
  CHECK(
      sandbox.errors("method: none\nparams: {frame_stride: 2}\n").find("reads 91 source frames") !=
      std::string::npos);
  manifest.videos[0].frames = 91;
  sandbox.write_manifest(manifest);
  CHECK(sandbox.plan("method: none\nparams: {frame_stride: 2}\n").runs.size() == 1);
}

TEST_CASE("missing manifest, model and LPIPS weights are not found, with their place") {
  const Sandbox sandbox;
  const auto status = [&](const std::vector<std::string>& set, const std::string& text) {
    return sandbox.load(kHead + text, set).status();
  };
  const std::string none = "method: none\n";
  cox::Status missing = status({"dataset.manifest=gone.json"}, none);
  CHECK(missing.code() == StatusCode::kNotFound);
  CHECK(missing.message().find("--set:1:18: no manifest at gone.json; write it with") == 0);

  std::filesystem::rename(sandbox.path("model"), sandbox.path("moved"));
  missing = status({}, none);
  CHECK(missing.code() == StatusCode::kNotFound);
  CHECK(sandbox.without_directory(missing.message())
            .find("a.yaml:4:40: no model directory at model") == 0);
  std::filesystem::rename(sandbox.path("moved"), sandbox.path("model"));

  missing = status({"backbone.lora=gone"}, "method: none\n");
  CHECK(missing.code() == StatusCode::kNotFound);
  CHECK(missing.message().find("no LoRA file at ") != std::string::npos);

  const std::string lpips = "method: none\nparams: {metrics: [lpips]}\n";
  CHECK(status({}, lpips).message().find(
            "run 's' measures lpips; give backbone.weights: {lpips: FILE}") != std::string::npos);
  missing = status({"backbone.weights.lpips=gone"}, lpips);
  CHECK(missing.code() == StatusCode::kNotFound);
  CHECK(missing.message().find("no weights of metric lpips at ") != std::string::npos);
}

TEST_CASE("a broken manifest is an error that names the sweep and the manifest") {
  const Sandbox sandbox;
  sandbox.write("clips.json", "{");
  const std::string message = sandbox.errors("method: none\n");
  CHECK(message.find("a.yaml:3:21") == 0);
  CHECK(message.find("clips.json") != std::string::npos);
}

TEST_CASE("LoRA files are part of the plan with digest and multiplier, in their order") {
  const Sandbox sandbox;
  sandbox.write("step.safetensors", "weights");
  sandbox.write("look.safetensors", "other weights");
  const std::string step = sandbox.path("step.safetensors");
  const std::string look = sandbox.path("look.safetensors");
  const auto loras = [&](const std::string& value) {
    return sandbox.plan("method: none\n", {"backbone.lora=" + value}).model.loras;
  };
  REQUIRE(loras(step).size() == 1);
  CHECK(loras(step)[0].path == step);
  CHECK(loras(step)[0].digest.size() == 64);
  CHECK(loras(step)[0].multiplier == 1);
  const auto both = loras("[{file: " + look + ", multiplier: 0.25}, " + step + "]");
  REQUIRE(both.size() == 2);
  CHECK(both[0].path == look);
  CHECK(both[0].multiplier == 0.25);
  CHECK(both[1].path == step);
  CHECK(sandbox.plan("method: none\n").model.loras.empty());
}

TEST_CASE("LoRA files that cannot be meant are refused") {
  const Sandbox sandbox;
  sandbox.write("a.lora", "weights");
  sandbox.write("copy.lora", "weights");
  const std::string file = sandbox.path("a.lora");
  const std::pair<std::string, const char*> cases[] = {
      {"{multiplier: 2}", "a LoRA file needs a `file`"},
      {"{file: " + file + ", multiplier: 0}", "expected a finite number other than 0"},
      {"{file: " + file + ", multiplier: 1e300}", "the most that fp32 holds, got 1e+300"},
      {"{file: " + file + ", multiplier: .inf}", "multiplier"},
      {"{file: " + file + ", scale: 2}", "unknown key 'scale'"},
      {"[" + file + ", " + sandbox.path("copy.lora") + "]", "is named twice"}};
  for (const auto& [value, message] : cases) {
    INFO(value);
    const auto loaded = sandbox.load(kHead + "method: none\n", {"backbone.lora=" + value});
    REQUIRE_FALSE(loaded.is_ok());
    INFO(loaded.status().message());
    CHECK(loaded.status().message().find(message) != std::string::npos);
  }
}

TEST_CASE("LPIPS weights are read only when a run measures LPIPS") {
  const Sandbox sandbox;
  const std::vector<std::string> set = {"backbone.weights.lpips=" +
                                        sandbox.path("lpips.safetensors")};
  CHECK(sandbox.plan("method: none\n", set).model.metric_weights.empty());
  const auto plan = sandbox.plan("method: none\nparams: {metrics: [lpips]}\n", set);
  CHECK(plan.model.metric_weights.at("lpips").path == sandbox.path("lpips.safetensors"));
  CHECK(plan.model.metric_weights.at("lpips").digest.size() == 64);
  CHECK(measures(plan.runs[0].parameters, "lpips"));
}
