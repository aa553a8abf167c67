#include "coordinator/sweep/tasks.h"

#include <catch2/catch.hpp>
#include <set>

#include "coordinator/sweep/cost_model.h"
#include "coordinator/sweep/geometry.h"
#include "coordinator/sweep/identity.h"
#include "coordinator/sweep/plan_text.h"
#include "record/task.h"
#include "tests/unit/sweep/sandbox.h"

using namespace cox;
using namespace cox::sweep;
using namespace cox::sweep::test;
using Catch::Matchers::Contains;

namespace {

/// A sandbox whose data set is two prompts.
class PromptSandbox : public Sandbox {
 public:
  PromptSandbox() {
    dataset::Manifest manifest;
    manifest.name = "words";
    manifest.layout = "prompts";
    manifest.prompts = {{"a-cat-1", "a cat", {"scene", "color"}}, {"a-dog-2", "a dog", {}}};
    write_manifest(manifest);
  }
};

const std::string kTextToVideo = "method: none\nparams: {task: text_to_video, total_frames: 9}\n";

}  // namespace

TEST_CASE("the names of tasks are those of the schema") {
  const auto schemas = load_schemas();
  REQUIRE(schemas.is_ok());
  std::vector<std::string> names;
  for (const TaskName& task : kTasks) {
    names.emplace_back(task.name);
    CHECK(task_name(task.task) == task.name);
    CHECK(task_of({{"task", std::string(task.name)}}) == task.task);
  }
  CHECK(schemas->find_parameter("task")->values == names);
  CHECK(task_of({}) == Task::kContinue);
}

TEST_CASE("a run that continues has the digest that it had before there were tasks") {
  const Sandbox sandbox;
  const Run named = sandbox.plan("method: none\nparams: {task: continue}\n").runs.front();
  const Run plain = sandbox.plan("method: none\n").runs.front();
  CHECK(named.digest == plain.digest);
  Run before = plain;
  CHECK(before.parameters.erase("task") == 1);
  CHECK(run_digest(before, sandbox.plan("method: none\n").model) == plain.digest);
  CHECK(sandbox.plan(kTextToVideo).runs.front().digest != plain.digest);
}

TEST_CASE("prompts are items with their words and dimensions") {
  const PromptSandbox sandbox;
  const SweepPlan plan = sandbox.plan(kTextToVideo);
  REQUIRE(plan.dataset.videos.size() == 2);
  const PlannedVideo& cat = plan.dataset.videos.front();
  CHECK(cat.is_prompt());
  CHECK_THAT(plan_text(plan),
             Contains("words, 2 prompts, digest") && Contains("1 run x 2 prompts"));
  CHECK(cat.caption == "a cat");
  CHECK(cat.dimensions == std::vector<std::string>{"scene", "color"});
  CHECK(parameter(plan.runs.front(), "metrics") ==
        "[\"temporal_flickering\",\"frame_difference\"]");
  CHECK(sandbox.plan("method: stas\nparams: {task: text_to_video, use_kv_cache: false}\n")
            .runs.size() == 1);
  // Dimensions are labels.
  dataset::Manifest manifest;
  manifest.name = "words";
  manifest.layout = "prompts";
  manifest.prompts = {{"a-cat-1", "a cat", {}}, {"a-dog-2", "a dog", {}}};
  sandbox.write_manifest(manifest);
  const SweepPlan other = sandbox.plan(kTextToVideo);
  CHECK(other.dataset.digest == plan.dataset.digest);
  CHECK(job_digest(other.runs.front(), other.dataset.videos.front()) ==
        job_digest(plan.runs.front(), cat));
}

TEST_CASE("a task that the items cannot serve is refused with the items") {
  const PromptSandbox prompts;
  CHECK_THAT(prompts.errors("method: none\n"),
             Contains("task continue needs a video, and the item is a prompt; set task: "
                      "text_to_video (2 of 2 items: a-cat-1, a-dog-2)") &&
                 Contains("a.yaml:3:") && Contains("in run s"));
  CHECK_THAT(prompts.errors("method: none\nparams: {task: image_to_video}\n"),
             Contains("task image_to_video needs a video"));
  CHECK_THAT(prompts.errors("method: none\nparams: {task: text_to_video, prompt_source: constant,"
                            " constant_prompt: x}\n"),
             Contains("prompt_source: constant would give every prompt"));
  const Sandbox videos;
  CHECK(videos.plan(kTextToVideo).runs.size() == 1);
  dataset::Manifest manifest = small_manifest();
  manifest.videos[1].caption = "";
  videos.write_manifest(manifest);
  CHECK_THAT(videos.errors(kTextToVideo),
             Contains("generates from the caption, and the video has none") &&
                 Contains("(1 of 2 items: dog)"));
  CHECK(videos
            .plan("method: none\nparams: {task: text_to_video, prompt_source: constant,"
                  " constant_prompt: a bird}\n")
            .runs.size() == 1);
}

TEST_CASE("methods and metrics that need frames are refused for tasks that have none") {
  const Sandbox sandbox;
  CHECK_THAT(sandbox.errors("method: adasteer\nparams: {task: text_to_video}\n"),
             Contains("method 'adasteer' trains on frames of the item's video, and task "
                      "text_to_video reads no frames") &&
                 Contains("none and stas"));
  CHECK_THAT(sandbox.errors("method: lora\nparams: {task: image_to_video}\n"),
             Contains("and task image_to_video reads only the first frame"));
  CHECK_THAT(sandbox.errors("method: repeat_last\nparams: {task: text_to_video}\n"),
             Contains("method 'repeat_last' takes what it scores from frames"));
  CHECK_THAT(sandbox.errors("method: none\nparams: {task: text_to_video, metrics: [psnr,"
                            " temporal_flickering, ssim]}\n"),
             Contains("psnr, ssim compare with true frames, which task text_to_video does not "
                      "have; metrics without them are temporal_flickering, frame_difference"));
  CHECK_THAT(
      sandbox.errors("method: none\nparams: {task: text_to_video, cond_frames: 5}\n"),
      Contains("cond_frames is not read by task text_to_video; drop it") && Contains("a.yaml:6:"));
  CHECK_THAT(sandbox.errors("method: none\nparams: {task: image_to_video, gen_start_frame: 20}\n"),
             Contains("gen_start_frame is not read by task image_to_video"));
  // Parameters that a task does not read can be set for the other runs.
  const SweepPlan both = sandbox.plan(
      "method: none\nparams: {cond_frames: 5}\nmatrix: {task: [continue, text_to_video]}\n"
      "when: {cond_frames: \"task == 'continue'\"}\n");
  CHECK(both.runs.size() == 2);
}

TEST_CASE("the best runs are kept by a metric that the runs measure") {
  const Sandbox sandbox;
  CHECK_THAT(sandbox.errors(kTextToVideo + "keep: {best: 2}\n"),
             Contains("keep: the best runs by psnr, which no run measures; write keep: {best: 2, "
                      "metric: NAME}"));
  CHECK(sandbox.plan(kTextToVideo + "keep: {best: 2, metric: temporal_flickering}\n").keep.metric ==
        "temporal_flickering");
}

TEST_CASE("what a task does not read makes no other run") {
  const Sandbox sandbox;
  const SweepPlan plan = sandbox.plan(
      "method: none\nparams: {task: text_to_video}\nmatrix: {fit: [stretch, crop]}\n"
      "when: {fit: \"task == 'continue'\"}\n");
  std::set<std::string> effects;
  for (const Run& run : plan.runs) effects.insert(run.effect);
  CHECK(effects.size() == 1);
}

TEST_CASE("frames that a task is given and reads") {
  Parameters parameters = {
      {"cond_frames", 5}, {"total_frames", 9}, {"gen_start_frame", 17}, {"frame_stride", 2}};
  CHECK(known_frames(parameters) == 5);
  CHECK(first_generated_frame(parameters) == 17);
  CHECK(source_frames_needed(parameters, 30) == 41);
  parameters["task"] = "image_to_video";
  CHECK(known_frames(parameters) == 1);
  CHECK(first_generated_frame(parameters) == 1);
  CHECK(source_frames_needed(parameters, 30) == 1);
  parameters["task"] = "text_to_video";
  CHECK(known_frames(parameters) == 0);
  CHECK(source_frames_needed(parameters, 30) == 0);
}

TEST_CASE("text to video generates every frame, which costs more than continuing") {
  const Sandbox sandbox;
  const SweepPlan plan = sandbox.plan(
      "method: none\nparams: {total_frames: 29}\nmatrix: {task: [continue, text_to_video]}\n");
  const auto shape = model_shape(plan.facts);
  REQUIRE(shape.is_ok());
  const DeviceModel device = device_models()[0];
  const auto seconds = [&](std::size_t run) {
    return counted_seconds("none", plan.runs[run].parameters, *shape, device);
  };
  CHECK(seconds(1).generation > seconds(0).generation);
  CHECK(seconds(1).source == 0);
  CHECK(seconds(1).decode == Approx(seconds(0).decode));
}

TEST_CASE("a backbone refuses the tasks that its models cannot do, with the reason") {
  const Sandbox sandbox;
  const auto errors_on = [&](const std::string& backbone, const std::string& task) {
    const auto loaded = sandbox.load(
        "version: 1\nseries: {name: s}\ndataset: {manifest: clips.json}\nbackbone: {name: " +
        backbone + ", model: model}\nmethod: none\nparams: {task: " + task + "}\n");
    return loaded.is_ok() ? "" : loaded.status().message();
  };
  sandbox.write("model/transformer/config.json",
                R"({"_class_name": "WanTransformer3DModel", "in_channels": 16, "num_layers": 2,
                    "num_attention_heads": 2, "attention_head_dim": 8, "out_channels": 16})");
  sandbox.write("model/vae/config.json", "{}");
  CHECK(errors_on("wan2.1", "text_to_video") == "");
  CHECK_THAT(errors_on("wan2.1", "image_to_video"),
             Contains("task image_to_video cannot run on Wan2.1 in ") &&
                 Contains("were not trained to start from an image"));
  sandbox.write("model/transformer/config.json",
                R"({"_class_name": "WanTransformer3DModel", "in_channels": 36, "num_layers": 2,
                    "num_attention_heads": 2, "attention_head_dim": 8, "out_channels": 16})");
  CHECK(errors_on("wan2.1", "image_to_video") == "");
  for (const char* task : {"continue", "text_to_video"}) {
    CHECK_THAT(errors_on("wan2.1", task), Contains("this model starts from one image"));
  }
  const auto cogvideox = [&](int in_channels) {
    sandbox.write("model/transformer/config.json",
                  R"({"_class_name": "CogVideoXTransformer3DModel", "out_channels": 16,
                      "num_layers": 2, "num_attention_heads": 2, "attention_head_dim": 8,
                      "time_embed_dim": 8, "in_channels": )" +
                      std::to_string(in_channels) + "}");
  };
  cogvideox(16);
  CHECK(errors_on("cogvideox", "text_to_video") == "");
  CHECK_THAT(errors_on("cogvideox", "image_to_video"), Contains("use CogVideoX-5B-I2V"));
  cogvideox(32);
  CHECK(errors_on("cogvideox", "image_to_video") == "");
  CHECK_THAT(errors_on("cogvideox", "text_to_video"), Contains("this model starts from an image"));
}
