#pragma once

#include <unistd.h>

#include <catch2/catch.hpp>
#include <filesystem>
#include <string>

#include "engine/engine.h"
#include "engine/video/write.h"
#include "record/value.h"
#include "tests/support/schema_defaults.h"
#include "tools/clips/demo_clips.h"
#include "tools/init/init_model.h"
#include "tools/init/random_lpips.h"

namespace cox::engine::test {

/// A random model and the demo's clips in a folder of this process, made on first use.
class EngineFixture {
 public:
  static const EngineFixture& get() {
    static const EngineFixture fixture;
    return fixture;
  }
  ~EngineFixture() { std::filesystem::remove_all(root_); }

  std::string model() const { return root_ + "/model"; }
  std::string lpips() const { return root_ + "/lpips.safetensors"; }
  std::string clip(size_t index) const { return root_ + "/clips/" + clips_.at(index).file; }
  std::string broken_clip() const {
    for (const video::DemoClip& clip : clips_) {
      if (clip.frames == 0) return root_ + "/clips/" + clip.file;
    }
    return "";
  }
  std::string path(const std::string& name) const { return root_ + "/" + name; }

  /// A job that takes about a second: few small frames, two sampling steps.
  JobInput job(const std::string& method, size_t clip_index = 0) const {
    JobInput input;
    input.job_id = "job";
    input.run_id = method + "-0123456789abcdef";
    input.method = method;
    input.parameters = schema_defaults(method, {{"height", 32},
                                                {"width", 48},
                                                {"cond_frames", 5},
                                                {"total_frames", 9},
                                                {"dtype", "fp32"},
                                                {"gen_start_frame", 17},
                                                {"inference_steps", 2},
                                                {"enhance_hf", false}});
    if (method == "external") input.parameters["videos"] = external_video();
    if (input.parameters.count("steps") != 0) {
      input.parameters["steps"] = 2;
      input.parameters["adaptation_window.total_frames"] = 17;
      input.parameters["adaptation_window.context_frames"] = 5;
      input.parameters["early_stop.check_every"] = 1;
    }
    // A method that acts on the first frame's tokens needs them outside of the cache.
    if (input.parameters.count("first_frame") != 0) input.parameters["use_kv_cache"] = false;
    input.model.directory = model();
    input.model.metric_weights["lpips"] = {lpips(), ""};
    input.model.backbone = "longcat-video";
    input.video.id = "clip" + std::to_string(clip_index);
    input.video.path = clip(clip_index);
    input.prompt = "a moving pattern";
    input.output_directory = root_ + "/out";
    return input;
  }

 private:
  /// Black frames, as many and as large as the job scores.
  std::string external_video() const {
    const std::vector<video::RgbImage> frames(4, video::RgbImage(48, 32));
    const Status written = video::write_video(path("external.mkv"), frames, {});
    if (!written.is_ok()) FAIL(written.message());
    return path("external.mkv");
  }

  EngineFixture() : root_("/tmp/cox_engine_test." + std::to_string(::getpid())) {
    std::filesystem::create_directories(root_);
    write_random_model({model(), "tiny", 1});
    write_random_lpips({lpips(), 1});
    clips_ = video::write_demo_clips(root_ + "/clips", 1).value();
  }

  std::string root_;
  std::vector<video::DemoClip> clips_;
};

class QuietSink final : public Sink {
 public:
  void on_progress(const std::string& stage, int, int) override { last_stage = stage; }
  bool cancelled() const override { return !cancel_at.empty() && last_stage == cancel_at; }
  std::string cancel_at;
  std::string last_stage;
};

inline std::unique_ptr<Engine> make_engine(const std::string& device = "cpu") {
  return Engine::create({.device = device}).value();
}

inline JobOutcome outcome_of(Engine& engine, const JobInput& input) {
  QuietSink sink;
  return engine.run(input, sink);
}

/// The result of a job that must not fail.
inline JobOutput succeed(Engine& engine, const JobInput& input) {
  const JobOutcome outcome = outcome_of(engine, input);
  if (const auto* failure = std::get_if<JobFailure>(&outcome)) FAIL(failure->message);
  return std::get<JobOutput>(outcome);
}

/// The failure of a job that must not succeed.
inline JobFailure fail(Engine& engine, const JobInput& input) {
  const JobOutcome outcome = outcome_of(engine, input);
  REQUIRE(std::holds_alternative<JobFailure>(outcome));
  return std::get<JobFailure>(outcome);
}

}  // namespace cox::engine::test
