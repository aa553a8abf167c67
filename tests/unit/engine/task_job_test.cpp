// Jobs whose item is a prompt, or of whose video only the first frame is read.

#include <catch2/catch.hpp>
#include <filesystem>
#include <map>
#include <utility>

#include "base/digest.h"
#include "engine/video/decode.h"
#include "engine_fixture.h"
#include "tools/training/clip_file.h"

using namespace cox;
using namespace cox::engine;
using namespace cox::engine::test;
using Catch::Matchers::Contains;

namespace {

const Value::List kWithoutReference = {"temporal_flickering", "frame_difference"};

/// A folder with a random model of another family than the fixture's.
const std::string& wan_model(const std::string& preset) {
  static std::map<std::string, std::string> made;
  std::string& path = made[preset];
  if (path.empty()) {
    path = EngineFixture::get().path(preset);
    write_random_model({path, preset, 1});
  }
  return path;
}

/// Nine frames from a prompt. Small and few, so that it takes about a second.
JobInput prompt_job(const std::string& backbone, const std::string& prompt,
                    const std::string& method = "none") {
  JobInput input = EngineFixture::get().job("none");
  input.method = method;
  const bool is_longcat = backbone == "longcat-video";
  Parameters changed = {{"task", "text_to_video"},
                        {"height", is_longcat ? 32 : 64},
                        {"width", is_longcat ? 48 : 96},
                        {"total_frames", 9},
                        {"dtype", "fp32"},
                        {"inference_steps", 2},
                        {"metrics", kWithoutReference}};
  if (is_longcat) changed["enhance_hf"] = false;
  if (is_longcat && method == "stas") changed["use_kv_cache"] = false;
  input.parameters = schema_defaults(method, changed, backbone);
  input.model.backbone = backbone;
  if (!is_longcat) input.model.directory = wan_model(backbone + "-tiny");
  input.run_id = backbone + "-" + method;
  input.video = {"a-cat-12345678", "", "", prompt};
  input.prompt = prompt;
  return input;
}

std::string bytes_of(const JobOutput& output) {
  const auto digest = sha256_of_file(output.generated_path);
  REQUIRE(digest.is_ok());
  return *digest;
}

double metric(const JobOutput& output, const std::string& name) {
  for (const MetricValue& value : output.metrics) {
    if (value.name == name) return value.mean;
  }
  FAIL("no metric " << name);
  return 0;
}

}  // namespace

TEST_CASE("a prompt becomes a video without a reference, in two families") {
  const auto engine = make_engine();
  for (const auto& [backbone, rate] : {std::pair("longcat-video", 15), std::pair("wan2.1", 16)}) {
    INFO(backbone);
    const JobInput input = prompt_job(backbone, "a cat");
    const JobOutput output = succeed(*engine, input);
    CHECK(output.scored_frames == 9);
    CHECK(output.reference_path.empty());
    CHECK(output.reference_digest.empty());
    CHECK(output.provenance.video_digest.empty());
    CHECK(output.metrics.size() == 2);
    CHECK(metric(output, "temporal_flickering") > 0);
    CHECK(metric(output, "frame_difference") > 0);
    const auto facts = std::get<video::VideoFacts>(video::probe_video(output.generated_path));
    CHECK(facts.frames == 9);
    CHECK(facts.stream.average_rate.value() == rate);

    CHECK(bytes_of(succeed(*engine, input)) == bytes_of(output));
    CHECK(bytes_of(succeed(*engine, prompt_job(backbone, "a dog"))) != bytes_of(output));
    JobInput other_seed = input;
    other_seed.parameters["seed"] = 43;
    CHECK(bytes_of(succeed(*engine, other_seed)) != bytes_of(output));
  }
}

TEST_CASE("every family generates from only a prompt") {
  const auto engine = make_engine();
  for (const auto& [backbone, rate] :
       {std::pair("wan2.2", 24), std::pair("cogvideox", 8), std::pair("open-sora", 24)}) {
    INFO(backbone);
    const JobOutput output = succeed(*engine, prompt_job(backbone, "a cat"));
    CHECK(output.scored_frames == 9);
    CHECK(output.reference_path.empty());
    const auto facts = std::get<video::VideoFacts>(video::probe_video(output.generated_path));
    CHECK(facts.frames == 9);
    CHECK(facts.stream.average_rate.value() == rate);
  }
}

TEST_CASE("steering acts on what is generated from a prompt") {
  const auto engine = make_engine();
  for (const char* backbone : {"longcat-video", "wan2.1"}) {
    INFO(backbone);
    const JobOutput plain = succeed(*engine, prompt_job(backbone, "a cat"));
    JobInput steered = prompt_job(backbone, "a cat", "stas");
    steered.parameters["steps_fraction"] = 1.0;
    steered.parameters["alpha"] = 2.0;
    CHECK(bytes_of(succeed(*engine, steered)) != bytes_of(plain));
  }
}

TEST_CASE("text to video does not open the file of a video, and reads no window") {
  const auto engine = make_engine();
  JobInput input = prompt_job("longcat-video", "a cat");
  const std::string expected = bytes_of(succeed(*engine, input));
  input.video.path = "/missing/clip.mp4";
  input.video.digest = std::string(64, 'a');
  input.parameters["cond_frames"] = 200;
  input.parameters["gen_start_frame"] = 400;
  const JobOutput output = succeed(*engine, input);
  CHECK(bytes_of(output) == expected);
  CHECK(output.provenance.video_digest == input.video.digest);
}

TEST_CASE("image to video continues the first frame of a video, which is all that it reads") {
  const auto engine = make_engine();
  JobInput continued = EngineFixture::get().job("none");
  continued.parameters["cond_frames"] = 1;
  continued.parameters["gen_start_frame"] = 1;
  continued.parameters["metrics"] = kWithoutReference;
  JobInput from_image = EngineFixture::get().job("none");
  from_image.parameters["task"] = "image_to_video";
  from_image.parameters["metrics"] = kWithoutReference;
  const JobOutput expected = succeed(*engine, continued);
  const JobOutput output = succeed(*engine, from_image);
  CHECK(output.scored_frames == 8);
  CHECK(output.reference_path.empty());
  CHECK_FALSE(expected.reference_path.empty());
  CHECK((output.metrics == expected.metrics));
  CHECK(output.provenance.video_digest == expected.provenance.video_digest);
  const auto facts = std::get<video::VideoFacts>(video::probe_video(output.generated_path));
  CHECK(facts.stream.average_rate.value() == 15);

  JobInput prompt = from_image;
  prompt.video.path = "";
  const JobFailure failure = fail(*engine, prompt);
  CHECK(failure.cause == FailureCause::kUser);
  CHECK_THAT(failure.message, Contains("task image_to_video: expected a video, got the prompt"));
}

TEST_CASE("Wan2.1's image-to-video model starts from the first frame, through CLIP and channels") {
  const auto engine = make_engine();
  const auto from = [&](const std::string& clip) {
    JobInput input = prompt_job("wan2.1", "a cat");
    input.model.directory = wan_model("wan2.1-i2v-tiny");
    input.parameters["task"] = "image_to_video";
    input.video.path = clip;
    return input;
  };
  const std::string clip = EngineFixture::get().job("none").video.path;
  const std::string other = EngineFixture::get().path("another_scene.mp4");
  write_clip(sample_scene(domain_named("color"), 3, 5, 160.0 / 96.0), {.frames = 9}, other);
  const JobOutput output = succeed(*engine, from(clip));
  CHECK(output.scored_frames == 8);
  const std::string bytes = bytes_of(output);
  CHECK(bytes_of(succeed(*engine, from(other))) != bytes);
  CHECK(bytes_of(succeed(*engine, from(clip))) == bytes);
  JobInput prompt = prompt_job("wan2.1", "a cat");
  prompt.model.directory = wan_model("wan2.1-i2v-tiny");
  CHECK_THAT(fail(*engine, prompt).message, Contains("this model starts from one image"));
}

TEST_CASE("methods and metrics that need frames are rejected for a task without frames") {
  const auto engine = make_engine();
  const auto message_of = [&](const JobInput& input) {
    const JobFailure failure = fail(*engine, input);
    CHECK(failure.cause == FailureCause::kUser);
    return failure.message;
  };
  JobInput psnr = prompt_job("longcat-video", "a cat");
  psnr.parameters["metrics"] = Value::List{"psnr"};
  CHECK_THAT(message_of(psnr), Contains("no psnr, which compares with true frames"));
  JobInput trains = EngineFixture::get().job("adasteer");
  trains.parameters["task"] = "text_to_video";
  trains.parameters["metrics"] = kWithoutReference;
  CHECK_THAT(message_of(trains), Contains("continue with method 'adasteer', which needs frames"));
  JobInput control = EngineFixture::get().job("repeat_last");
  control.parameters["task"] = "image_to_video";
  control.parameters["metrics"] = kWithoutReference;
  CHECK_THAT(message_of(control), Contains("method 'repeat_last' scores frames of the video"));
  JobInput image = prompt_job("wan2.1", "a cat");
  image.parameters["task"] = "image_to_video";
  CHECK_THAT(message_of(image), Contains("task image_to_video cannot run on Wan2.1"));
  JobInput one = prompt_job("cogvideox", "a cat");
  one.model.directory = wan_model("cogvideox-i2v-tiny");
  CHECK_THAT(message_of(one), Contains("this model starts from an image"));
}
