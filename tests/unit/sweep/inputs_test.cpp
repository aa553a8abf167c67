#include <fmt/format.h>

#include <catch2/catch.hpp>
#include <filesystem>
#include <string>

#include "coordinator/sweep/identity.h"
#include "coordinator/sweep/load_sweep.h"
#include "coordinator/sweep/plan_text.h"
#include "tests/unit/sweep/sandbox.h"

using cox::Video;
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

TEST_CASE("a run takes the first max_videos items that the data set has after its exclusions") {
  const Sandbox sandbox;
  const std::string rows = "method: none\nruns: [{id: A, seed: 1, max_videos: 1}, {id: B}]\n";
  const SweepPlan plan = sandbox.plan(rows);
  const auto taken = [](const SweepPlan& of, const char* run) {
    Ids ids;
    for (const Video& video : of.dataset.videos_of(run_named(of, run))) ids.push_back(video.id);
    return ids;
  };
  CHECK(taken(plan, "A") == Ids{"cat"});
  CHECK(taken(plan, "B") == Ids{"cat", "dog"});
  CHECK(taken(sandbox.plan(rows, {"dataset.exclude=[cat]"}), "A") == Ids{"dog"});
  CHECK(count_jobs(plan).all == 3);

  // It is how much is computed, not what.
  const SweepPlan all = sandbox.plan("method: none\nruns: [{id: A, seed: 1}, {id: B}]\n");
  CHECK(run_named(plan, "A").digest == run_named(all, "A").digest);
  CHECK(plan.dataset.digest == all.dataset.digest);
  CHECK(run_named(plan, "A").labels.at("max_videos") == "1");
  CHECK(run_named(plan, "B").labels.empty());
  CHECK(plan.notes.empty());
  CHECK(origins_text(plan).find("max_videos") != std::string::npos);
}

TEST_CASE("max_videos of a run: more than there are is told, none at all is an error") {
  const Sandbox sandbox;
  const SweepPlan plan = sandbox.plan("method: none\nparams: {max_videos: 3}\n");
  CHECK(plan.dataset.videos_of(plan.runs[0]).size() == 2);
  CHECK(plan.notes == Ids{"max_videos: run s would take the first 3 items; there are 2"});
  const std::string errors = sandbox.errors("method: none\nparams: {max_videos: 0}\n");
  CHECK(errors.find("max_videos: expected at least 1, got 0") != std::string::npos);
}

TEST_CASE("the videos of a run are checked, not those that only other runs take") {
  const Sandbox sandbox;
  auto manifest = small_manifest();
  manifest.videos[1].frames = 45;  // dog
  sandbox.write_manifest(manifest);
  const std::string rows = "method: none\nruns: [{id: A}, {id: B, gen_start_frame: 20}]\n";
  CHECK(sandbox.errors(rows).find("too short for run 'A'") != std::string::npos);
  CHECK(sandbox.plan("method: none\nruns: [{id: A, max_videos: 1}, {id: B, gen_start_frame: 20}]\n")
            .runs.size() == 2);
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
            .find("dataset.include: no item 'catt' in clips.json; did you mean 'cat'?") !=
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

TEST_CASE("frame_rate counts the frames that each video's own rate asks for") {
  const Sandbox sandbox;
  auto manifest = small_manifest();
  // 46 frames at about 15 a second: every second of 30 or 25 a second, every one of 15.
  const std::string text = "method: none\nparams: {frame_rate: 15}\n";
  for (const auto& [rate, needed] :
       {std::pair(30.0, 91), std::pair(25.0, 91), std::pair(15.0, 46)}) {
    INFO(rate);
    manifest.videos[0].frame_rate = rate;
    manifest.videos[0].frames = needed - 1;
    sandbox.write_manifest(manifest);
    CHECK(sandbox.errors(text).find(fmt::format("reads {} source frames: {} ({})", needed,
                                                manifest.videos[0].id, needed - 1)) !=
          std::string::npos);
    manifest.videos[0].frames = needed;
    sandbox.write_manifest(manifest);
    CHECK(sandbox.plan(text).runs.size() == 1);
  }
  CHECK(sandbox.errors("method: none\nparams: {frame_rate: 15, frame_stride: 2}\n")
            .find("frame_rate: it selects every n-th frame; expected "
                  "frame_stride 1, got 2") != std::string::npos);
}

TEST_CASE("missing manifest, model and LPIPS weights are not found, with their place") {
  const Sandbox sandbox;
  const auto status = [&](const std::vector<std::string>& set, const std::string& text) {
    return sandbox.load(kHead + text, set).status();
  };
  const std::string none = "method: none\n";
  cox::Status missing = status({"dataset.manifest=gone.json"}, none);
  CHECK(missing.code() == StatusCode::kNotFound);
  CHECK(missing.message().find("--set:1:18: no manifest at gone.json; create it with") == 0);

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
      {"{file: " + file + ", multiplier: 1e300}", "in magnitude (fp32 limit), got 1e+300"},
      {"{file: " + file + ", multiplier: .inf}", "multiplier"},
      {"{file: " + file + ", scale: 2}", "unknown key 'scale'"},
      {"[" + file + ", " + sandbox.path("copy.lora") + "]", "is listed twice"}};
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

TEST_CASE("the files of all videos are looked for when asked, but for expected failures") {
  const Sandbox sandbox;
  sandbox.write("a.yaml", kHead + "method: none\n");
  const auto load = [&](const std::vector<std::string>& set) {
    return load_sweep(sandbox.path("a.yaml"), {set, {}, true});
  };
  const cox::Status missing = load({}).status();
  CHECK(missing.code() == StatusCode::kNotFound);
  CHECK(
      sandbox.without_directory(missing.message()) ==
      "a.yaml:3:21: 2 of 2 video files are missing: cat (/clips/cat.mp4), dog (/clips/dog.mp4)\n"
      "    dataset: {manifest: clips.json}\n"
      "                        ^\n"
      "  create the manifest again with `cox dataset index`, or check the sweep without its files "
      "with --without-inputs");
  CHECK(load({"dataset.expected_failures=[cat, dog]"}).is_ok());
  auto manifest = small_manifest();
  for (auto& video : manifest.videos) {
    video.path = sandbox.path(video.id + ".mp4");
    sandbox.write(video.id + ".mp4", "pictures");
  }
  sandbox.write_manifest(manifest);
  CHECK(load({}).is_ok());
}

TEST_CASE("everything that is wrong with a sweep, its runs and its inputs is reported at once") {
  const Sandbox sandbox;
  const std::string message = sandbox.errors(
      "method: adasteer\n"
      "params: {lr: fast, height: 100, gruops: 2, adaptation_window: {context_frames: 40}}\n",
      {"dataset.manifest=gone.json", "backbone.model=/nowhere", "backbone.lora=/lost.lora"});
  for (const char* part :
       {"lr: expected a float, got 'fast'", "unknown key 'gruops'", "height 100 is not a multiple",
        "adaptation_window.context_frames 40 must be at most", "no manifest at gone.json",
        "no model directory at /nowhere", "no LoRA file at /lost.lora"}) {
    INFO(message);
    CHECK(message.find(part) != std::string::npos);
  }
}

TEST_CASE("what hangs on a value that could not be read is not judged") {
  const Sandbox sandbox;
  // With the default of 28 frames in their places, both would be too few for 40.
  for (const char* total : {"total_frames: many", "total_frame: 60"}) {
    const std::string message = sandbox.errors(
        std::string("method: none\nparams: {cond_frames: 40, gen_start_frame: 40, ") + total +
        "}\ncheck: ['total_frames > cond_frames']\n");
    INFO(message);
    CHECK(message.find("must be more than") == std::string::npos);
    CHECK(message.find("check failed") == std::string::npos);
    CHECK(message.find("a.yaml:6:") == 0);
  }
}

TEST_CASE("parameters that the model bounds are checked against its config") {
  const Sandbox sandbox;
  CHECK(sandbox.errors("method: adasteer\nparams: {groups: 49}\n") ==
        "a.yaml:6:18: groups: expected at most 48, the blocks of the model in model, got 49\n"
        "    params: {groups: 49}\n"
        "                     ^");
  CHECK(sandbox.plan("method: adasteer\nparams: {groups: 48}\n").runs.size() == 1);
  const std::pair<const char*, const char*> cases[] = {
      {"method: lora\nparams: {rank: 4097}\n", "rank: expected at most 4096, the hidden_size"},
      {"method: lora\nparams: {last_blocks: 49}\n", "last_blocks: expected at most 48"},
      {"method: film\nparams: {groups: 49}\n", "groups: expected at most 48"},
      {"method: hidden\nparams: {groups: 49}\n", "groups: expected at most 48"},
      {"method: adasteer\nparams: {delta_dim: 513}\n", "delta_dim: expected at most 512"}};
  for (const auto& [text, message] : cases) {
    INFO(text);
    CHECK(sandbox.errors(text).find(message) != std::string::npos);
  }
  sandbox.write("model/dit/config.json", "{\"depth\": \"many\"}");
  CHECK(sandbox.errors("method: none\n").find("expected a whole number under 'depth'") !=
        std::string::npos);
}

TEST_CASE("a sweep's notes tell of captions, equal files and distorted pictures") {
  const Sandbox sandbox;
  auto manifest = small_manifest();
  manifest.videos[0].caption = "";
  manifest.videos[1].sha256 = manifest.videos[0].sha256;
  for (auto& video : manifest.videos) video.width = 832, video.height = 480;
  manifest.videos[1].width = 480;
  sandbox.write_manifest(manifest);
  CHECK(
      sandbox.plan("method: none\n").notes ==
      Ids{"2 videos have the same content, so they count as one observation: cat, dog",
          "1 of 2 videos have no caption, and their prompt is empty with `prompt_source: caption`: "
          "cat",
          "`fit: stretch` distorts 1 of 2 videos, whose aspect ratio is not that of 832x480: dog "
          "(480x480)"});
  const auto constant =
      sandbox.plan("method: none\nparams: {prompt_source: constant, fit: crop}\n").notes;
  REQUIRE(constant.size() == 2);
  CHECK(constant[1].find("`fit: crop` cuts 1 of 2 videos") == 0);
}

TEST_CASE("a sweep behind a linked folder finds its files where the system does") {
  const Sandbox sandbox;
  std::filesystem::create_directories(sandbox.path("sweeps"));
  std::filesystem::create_directories(sandbox.path("else/deep"));
  std::filesystem::create_symlink(sandbox.path("else/deep"), sandbox.path("sweeps/link"));
  // `..` from the linked folder is else/, which has the files; sweeps/ has other ones.
  std::filesystem::rename(sandbox.path("clips.json"), sandbox.path("else/clips.json"));
  std::filesystem::rename(sandbox.path("model"), sandbox.path("else/model"));
  sandbox.write("sweeps/clips.json", "not a manifest");
  sandbox.write("else/deep/a.yaml",
                "version: 1\nseries: {name: s}\nmethod: none\n"
                "dataset: {manifest: ../clips.json}\n"
                "backbone: {name: longcat-video, model: ../model}\n");
  const auto plan = load_sweep(sandbox.path("sweeps/link/a.yaml"));
  INFO(plan.status().message());
  REQUIRE(plan.is_ok());
  CHECK(ids_of(*plan) == Ids{"cat", "dog"});
  CHECK(std::filesystem::equivalent(plan->model.directory, sandbox.path("else/model")));
}

TEST_CASE("a metric that compares frames with the prompt needs one for each video") {
  const Sandbox sandbox;
  const std::string measured = "method: none\nparams: {metrics: [prompt_similarity]}\n";
  const std::vector<std::string> weights = {"backbone.weights.prompt_similarity=" +
                                            sandbox.path("lpips.safetensors")};
  CHECK(sandbox.plan(measured, weights).runs.size() == 1);
  auto manifest = small_manifest();
  manifest.videos[0].caption = " ";
  sandbox.write_manifest(manifest);
  const std::string message = sandbox.errors(measured, weights);
  CHECK_THAT(message, Catch::Contains("measures prompt_similarity, but 1 of 2 videos have no "
                                      "prompt: cat"));
  CHECK_THAT(message, Catch::Contains("constant_prompt"));
  const std::string constant =
      "method: none\nparams: {metrics: [prompt_similarity], prompt_source: constant, "
      "constant_prompt: a street}\n";
  CHECK(sandbox.plan(constant, weights).runs.size() == 1);
  // A video that is expected to fail has no frames to compare.
  const auto expected = [&](std::string id) {
    std::vector<std::string> set = weights;
    set.push_back("dataset.expected_failures=[" + id + "]");
    return set;
  };
  CHECK(sandbox.plan(measured, expected("cat")).runs.size() == 1);
}
