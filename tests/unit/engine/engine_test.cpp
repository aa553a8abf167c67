#include "engine/engine.h"

#include <catch2/catch.hpp>
#include <chrono>
#include <filesystem>
#include <fstream>
#include <map>
#include <thread>

#include "base/digest.h"
#include "base/file.h"
#include "base/log.h"
#include "engine/metrics/metric.h"
#include "engine/stages/decode.h"
#include "engine/tensors/torch.h"
#include "engine/vae/wan_vae.h"
#include "engine/video/decode.h"
#include "engine/video/resize.h"
#include "engine_fixture.h"

using namespace cox;
using namespace cox::engine;
using namespace cox::engine::test;

namespace {

/// Everything that a result is made of, without times.
std::vector<double> numbers(const JobOutput& output) {
  std::vector<double> all = output.adaptation.losses;
  const auto append = [&](const std::vector<double>& more) {
    all.insert(all.end(), more.begin(), more.end());
  };
  append(output.adaptation.anchor_losses);
  for (const MetricValue& series : output.metrics) append(series.per_frame);
  all.push_back(output.adaptation.parameter_norm);
  return all;
}

std::int64_t frames_in(const std::string& path) {
  const auto probed = cox::video::probe_video(path);
  REQUIRE(std::holds_alternative<cox::video::VideoFacts>(probed));
  return std::get<cox::video::VideoFacts>(probed).frames;
}

/// `count` frames of a file from `first` on.
std::vector<cox::video::RgbImage> frames_of(const std::string& path, std::int64_t first,
                                            std::int64_t count) {
  auto clip = cox::video::decode_clip(path, {first, count, 1}, cox::video::ColorRule::kTagged);
  REQUIRE(std::holds_alternative<cox::video::Clip>(clip));
  return std::get<cox::video::Clip>(std::move(clip)).frames;
}

std::string digest_of_bytes(const std::vector<cox::video::RgbImage>& frames) {
  std::string bytes;
  for (const auto& frame : frames) bytes.append(frame.pixels.begin(), frame.pixels.end());
  return cox::sha256_of(bytes);
}

}  // namespace

TEST_CASE("a job goes from video file to scores, timings and two lossless videos") {
  const auto engine = make_engine();
  JobInput input = EngineFixture::get().job("adasteer");
  input.parameters["metrics"] = cox::Value::List{"psnr", "ssim", "lpips"};
  const JobOutput output = succeed(*engine, input);

  CHECK(output.scored_frames == 4);
  REQUIRE(output.metrics.size() == 3);
  for (const MetricValue& series : output.metrics) {
    INFO(series.name);
    CHECK(series.per_frame.size() == 4);
    CHECK(std::isfinite(series.mean));
  }
  CHECK(output.metrics[2].name == "lpips_random_trunk");
  CHECK(output.adaptation.steps_run == 2);
  CHECK(output.adaptation.losses.size() == 2);
  CHECK(output.adaptation.anchor_losses.size() == 3);
  CHECK(output.adaptation.trainable_parameters > 0);
  CHECK(output.timings.train_s > 0);
  CHECK(output.timings.early_stop_s > 0);
  CHECK(output.timings.generate_s > 0);
  CHECK(output.timings.alone_s > output.timings.generate_s);
  CHECK(output.provenance.device == "cpu");
  CHECK(output.provenance.dtype == "fp32");
  CHECK(output.provenance.backbone_checksum != 0);
  CHECK(output.provenance.video_digest.size() == 64);
  CHECK(output.peak_memory_bytes > 0);
  CHECK(frames_in(output.generated_path) == 4);
  CHECK(frames_in(output.reference_path) == 4);
}

TEST_CASE("a result identifies the pixels that it was scored against, for every method") {
  const EngineFixture& fixture = EngineFixture::get();
  std::vector<cox::video::RgbImage> expected;
  for (const auto& frame : frames_of(fixture.clip(0), 17, 4)) {
    expected.push_back(cox::video::resize(frame, 48, 32, cox::video::ResizeFilter::kLanczos,
                                          cox::video::PilOrder::kV12));
  }
  const auto engine = make_engine();
  for (const std::string method : {"none", "adasteer", "obc"}) {  // with their own windows
    INFO(method);
    const JobOutput output = succeed(*engine, fixture.job(method));
    CHECK(output.reference_digest == digest_of_bytes(expected));
    CHECK(output.reference_digest == digest_of_bytes(frames_of(output.reference_path, 0, 4)));
  }

  // The frames that `none` decodes, and more of them scored.
  JobInput longer = fixture.job("none");
  longer.parameters["gen_start_frame"] = 16;
  longer.parameters["cond_frames"] = 4;
  const JobOutput output = succeed(*engine, longer);
  CHECK(output.reference_digest == digest_of_bytes(frames_of(output.reference_path, 0, 5)));
  CHECK(succeed(*engine, fixture.job("none", 1)).reference_digest != digest_of_bytes(expected));
}

TEST_CASE("results are equal bit for bit in any order of jobs and from a fresh engine") {
  const EngineFixture& fixture = EngineFixture::get();
  const std::vector<std::string> methods = {"none", "full", "adasteer", "obc"};
  const auto engine = make_engine();
  std::map<std::string, std::vector<double>> forward;
  for (size_t clip : {0, 1}) {
    for (const std::string& method : methods) {
      forward[method + std::to_string(clip)] = numbers(succeed(*engine, fixture.job(method, clip)));
    }
  }
  const auto other = make_engine();
  for (const std::string method : {"obc", "none", "full", "adasteer"}) {
    for (size_t clip : {1, 0}) {
      INFO(method << " on clip " << clip);
      CHECK(numbers(succeed(*other, fixture.job(method, clip))) ==
            forward.at(method + std::to_string(clip)));
    }
  }
}

TEST_CASE("the control repeat_last scores the frame before the scored ones, without generation") {
  const EngineFixture& fixture = EngineFixture::get();
  const auto engine = make_engine();
  const JobInput input = fixture.job("repeat_last");
  const JobOutput output = succeed(*engine, input);
  std::vector<cox::video::RgbImage> frames;
  for (const auto& frame : frames_of(fixture.clip(0), 16, 5)) {
    frames.push_back(cox::video::resize(frame, 48, 32, cox::video::ResizeFilter::kLanczos,
                                        cox::video::PilOrder::kV12));
  }
  const std::vector<cox::video::RgbImage> repeated(4, frames.front());
  CHECK(digest_of_bytes(frames_of(output.generated_path, 0, 4)) == digest_of_bytes(repeated));
  for (std::size_t i = 0; i < 4; ++i) {
    double squares = 0;
    const auto& truth = frames[i + 1].pixels;
    for (std::size_t p = 0; p < truth.size(); ++p) {
      const double difference = (static_cast<double>(truth[p]) - frames[0].pixels[p]) / 255;
      squares += difference * difference;
    }
    const double psnr = -10 * std::log10(squares / static_cast<double>(truth.size()));
    CHECK(output.metrics[0].per_frame[i] == Approx(psnr).epsilon(1e-6));
  }
  CHECK(output.timings.generate_s == 0);
  CHECK(output.adaptation.steps_run == 0);

  JobInput other = input;
  other.parameters["seed"] = 7;
  other.parameters["replicate"] = 1;
  CHECK(numbers(succeed(*engine, other)) == numbers(output));
}

TEST_CASE("the control vae_ceiling scores the true frames after the VAE, without generation") {
  const EngineFixture& fixture = EngineFixture::get();
  const auto engine = make_engine();
  JobInput input = fixture.job("vae_ceiling");
  input.parameters["total_frames"] = 8;  // three scored frames, which fill no latent frame
  const JobOutput output = succeed(*engine, input);
  CHECK(output.timings.generate_s == 0);

  ParameterReader parameters(input.parameters);
  const JobPlan plan = plan_job(input, parameters);
  SourceCache cache{1};
  const at::Tensor read = decode_source(plan, fixture.clip(0), cache)->pixels({12, 8});
  const at::Tensor filled = at::cat({read, read.narrow(2, 7, 1)}, 2);
  const auto vae = WanVae::load(fixture.model() + "/vae", at::kFloat, at::kCPU);
  const at::Tensor decoded = vae->decode(vae->encode(filled).posterior.mean).narrow(2, 5, 3);
  const at::Tensor squares = (decoded - read.narrow(2, 5, 3)).div(2).pow(2).mean({0, 1, 3, 4});
  for (std::int64_t i = 0; i < 3; ++i) {
    const double psnr = -10 * std::log10(squares[i].item<double>());
    CHECK(output.metrics[0].per_frame[static_cast<std::size_t>(i)] == Approx(psnr).epsilon(1e-6));
  }
}

TEST_CASE("a control in a bundle leaves the other jobs as they are") {
  const EngineFixture& fixture = EngineFixture::get();
  std::vector<JobInput> jobs;
  for (const char* method : {"repeat_last", "none", "vae_ceiling", "obc"}) {
    jobs.push_back(fixture.job(method));
    jobs.back().job_id = method;
    jobs.back().share.generation = cox::sha256_of(method);
  }
  jobs[3].share = {cox::sha256_of("trajectory"), jobs[1].share.generation, 2};
  const auto engine = make_engine();
  for (const std::size_t job : engine->begin_bundle(jobs)) {
    INFO(jobs[job].method);
    const std::vector<double> together = numbers(succeed(*engine, jobs[job]));
    CHECK(together == numbers(succeed(*make_engine(), fixture.job(jobs[job].method))));
  }
}

TEST_CASE("a control of random direction shares the adaptation, and leaves it as it is") {
  const EngineFixture& fixture = EngineFixture::get();
  std::vector<JobInput> jobs;
  for (const char* direction : {"random", "adapted"}) {
    jobs.push_back(fixture.job("adasteer"));
    jobs.back().job_id = direction;
    jobs.back().parameters["direction"] = direction;
    jobs.back().parameters["lr"] = 0.1;
    jobs.back().parameters["early_stop.enabled"] = false;
    jobs.back().share = {cox::sha256_of("trajectory"), cox::sha256_of(direction), 2};
  }
  const auto engine = make_engine();
  std::map<std::string, std::vector<double>> together;
  for (const std::size_t job : engine->begin_bundle(jobs)) {
    const JobOutput output = succeed(*engine, jobs[job]);
    CHECK(output.adaptation.best_step > 0);
    together[jobs[job].job_id] = numbers(output);
  }
  for (JobInput& job : jobs) {
    job.share = {};
    CHECK(numbers(succeed(*make_engine(), job)) == together.at(job.job_id));
  }
  CHECK(together.at("random") != together.at("adapted"));
}

TEST_CASE("runs whose reference frames differ never share the reference file") {
  const auto engine = make_engine();
  const JobInput base = EngineFixture::get().job("none");
  std::map<std::string, std::string> digests;
  const auto run = [&](const std::string& name, const cox::Value& value) {
    JobInput input = base;
    input.parameters[name] = value;
    input.parameters["gen_start_frame"] = 5;             // within a stride of 2, too
    if (name == "fit") input.parameters["height"] = 48;  // another aspect ratio than the clip's
    input.run_id = name + "-of-another-run";
    const std::string path = succeed(*engine, input).reference_path;
    INFO(path);
    CHECK(digests.emplace(path, *cox::sha256_of_file(path)).second);
  };
  run("frame_stride", 1);
  run("frame_stride", 2);
  run("pil_order", "v13");
  run("color", "paper_compat");
  run("fit", "crop");
  run("fit", "pad");
  run("height", 48);
  JobInput other_file = EngineFixture::get().job("none", 1);
  other_file.parameters["gen_start_frame"] = 5;
  other_file.video.id = base.video.id;  // the same name in another data set
  const JobOutput other = succeed(*engine, other_file);
  CHECK(digests.count(other.reference_path) == 0);
  for (const auto& [path, digest] : digests) CHECK(*cox::sha256_of_file(path) == digest);
}

TEST_CASE("with score: written the values are those of the written videos") {
  const auto engine = make_engine();
  JobInput input = EngineFixture::get().job("none");
  const double unrounded = succeed(*engine, input).metrics.at(0).mean;
  input.parameters["score"] = "written";
  const JobOutput output = succeed(*engine, input);
  const auto read = [&](const std::string& path) {
    SourceFrames source;
    source.frames = frames_of(path, 0, output.scored_frames);
    return source.unit_frames({0, output.scored_frames});
  };
  const at::Tensor generated = read(output.generated_path);
  const at::Tensor reference = read(output.reference_path);
  REQUIRE(output.metrics.size() == 2);
  for (const MetricValue& scored : output.metrics) {
    const auto metric = make_metric(scored.name, {});
    CHECK(measure(*metric, generated, metric->prepare(reference)).per_frame == scored.per_frame);
  }
  CHECK(output.metrics.at(0).mean != unrounded);
  CHECK(output.metrics.at(0).mean == Approx(unrounded).epsilon(1e-2));
}

TEST_CASE("a file that is overwritten in place, size and time kept, has its new digest") {
  namespace fs = std::filesystem;
  const std::string path = EngineFixture::get().path("overwritten");
  FileDigest digest;
  std::ofstream(path) << "before";
  const auto time = fs::last_write_time(path);
  CHECK(digest.of(path) == cox::sha256_of("before"));
  std::this_thread::sleep_for(std::chrono::milliseconds(50));  // beyond the clock of file systems
  std::ofstream(path) << "beyond";
  fs::last_write_time(path, time);
  CHECK(digest.of(path) == cox::sha256_of("beyond"));
}

TEST_CASE("jobs of one run and video that differ in their caption never share a generated file") {
  const auto engine = make_engine();
  const auto written = [&](const std::string& prompt, const std::string& job) {
    JobInput input = EngineFixture::get().job("none");
    input.job_id = job;
    input.prompt = prompt;
    return succeed(*engine, input).generated_path;
  };
  const std::string first = written("a moving pattern", "1f7c0a2be6d53498");
  const std::string digest = *cox::sha256_of_file(first);
  CHECK_THAT(first, Catch::EndsWith("/clip0-1f7c0a2be6d5.mkv"));
  CHECK(written("a red square", "92d44c01a7b8e3f0") != first);
  CHECK(*cox::sha256_of_file(first) == digest);

  const std::string alone = written("a moving pattern", "");  // not in any sweep
  CHECK(written("a red square", "") != alone);
  CHECK(written("a moving pattern", "") == alone);
  CHECK(*cox::sha256_of_file(alone) == digest);
}

TEST_CASE("weights that LPIPS lacks are missed before anything is computed") {
  const auto engine = make_engine();
  JobInput input = EngineFixture::get().job("none");
  input.parameters["metrics"] = cox::Value::List{"psnr", "lpips"};
  input.model.metric_weights.clear();
  input.video.path = "/nowhere/clip.mp4";  // would be missed next
  const JobFailure failure = fail(*engine, input);
  CHECK(failure.cause == FailureCause::kUser);
  CHECK_THAT(failure.message, Catch::Contains("backbone.weights"));
}

TEST_CASE("the log tells once of frames that fill no latent frame") {
  const std::string file = EngineFixture::get().path("engine.log");
  JobInput input = EngineFixture::get().job("full");
  input.parameters["adaptation_window.total_frames"] = 16;
  const auto engine = make_engine();
  cox::set_log_file(file);
  succeed(*engine, EngineFixture::get().job("none"));  // 5 frames of condition: all are used
  const std::string before = cox::read_file(file).value();
  succeed(*engine, input);
  const std::string told = cox::read_file(file).value();
  succeed(*engine, input);
  cox::set_log_file("/dev/stderr");
  CHECK_THAT(before, !Catch::Contains("dropped trailing frames"));
  CHECK_THAT(told, Catch::Contains("dropped trailing frames") &&
                       Catch::Contains("window_frames=16") &&
                       Catch::Contains("window_frames_used=13"));
  CHECK(*cox::read_file(file) == told);  // once
}

TEST_CASE("a folder that cannot store videos ends the worker, so that no more hours are lost") {
  const auto engine = make_engine();
  JobInput input = EngineFixture::get().job("none");
  input.output_directory = EngineFixture::get().path("a_file");
  std::ofstream(input.output_directory) << "where the folder should be";
  const JobFailure failure = fail(*engine, input);
  CHECK(failure.cause == FailureCause::kCrash);
  CHECK(failure.poisoned);
  CHECK_THAT(failure.message, Catch::Contains("a_file") && Catch::Contains("retry"));
}

TEST_CASE("an engine knows what it computes on") {
  const auto engine = make_engine();
  const DeviceFacts& facts = engine->device();
  CHECK_FALSE(facts.name.empty());
  CHECK(facts.gpu_memory_bytes == 0);
  CHECK(facts.machine_memory_bytes > 1 << 28);
}

TEST_CASE("bf16 runs end to end") {
  const auto engine = make_engine();
  JobInput input = EngineFixture::get().job("adasteer");
  input.parameters["dtype"] = "bf16";
  const JobOutput output = succeed(*engine, input);
  CHECK(output.provenance.dtype == "bf16");
  CHECK(std::isfinite(output.metrics.at(0).mean));
}

TEST_CASE("fp8 trains as bf16 does to the bit, and generates other frames") {
  const auto engine = make_engine();
  for (const char* method : {"adasteer", "full", "lora", "norm"}) {
    INFO(method);
    JobInput input = EngineFixture::get().job(method);
    input.parameters["dtype"] = "bf16";
    input.run_id = "bf16";
    const JobOutput narrow = succeed(*engine, input);
    input.parameters["dtype"] = "fp8";
    input.run_id = "fp8";
    const JobOutput rounded = succeed(*engine, input);
    CHECK(rounded.provenance.dtype == "fp8");
    CHECK(rounded.provenance.backbone_checksum == narrow.provenance.backbone_checksum);
    CHECK((rounded.adaptation == narrow.adaptation));
    CHECK(rounded.metrics.at(0).mean != narrow.metrics.at(0).mean);
    CHECK(std::isfinite(rounded.metrics.at(0).mean));
    CHECK((succeed(*engine, input).metrics == rounded.metrics));
  }
}

TEST_CASE("other seeds, replicates and videos give other noise") {
  const auto engine = make_engine();
  const auto first = numbers(succeed(*engine, EngineFixture::get().job("none")));
  for (const std::string name : {"seed", "replicate"}) {
    JobInput input = EngineFixture::get().job("none");
    input.parameters[name] = 7;
    CHECK(numbers(succeed(*engine, input)) != first);
  }
}

TEST_CASE("a broken video fails its own job with cause data, and the next one runs") {
  const auto engine = make_engine();
  JobInput broken = EngineFixture::get().job("none");
  broken.video.path = EngineFixture::get().broken_clip();
  const JobFailure failure = fail(*engine, broken);
  CHECK(failure.cause == FailureCause::kData);
  CHECK_FALSE(failure.detail.empty());
  CHECK_FALSE(failure.poisoned);
  CHECK_THAT(failure.message, Catch::Contains("broken"));
  succeed(*engine, EngineFixture::get().job("none"));
}

TEST_CASE("a video without enough frames is too short") {
  const auto engine = make_engine();
  JobInput input = EngineFixture::get().job("none");
  input.parameters["gen_start_frame"] = 5000;
  const JobFailure failure = fail(*engine, input);
  CHECK(failure.cause == FailureCause::kData);
  CHECK(failure.detail == "too_short");
}

TEST_CASE("a missing video and a changed video have cause data") {
  const auto engine = make_engine();
  JobInput missing = EngineFixture::get().job("none");
  missing.video.path += ".lost";
  CHECK(fail(*engine, missing).cause == FailureCause::kData);

  JobInput changed = EngineFixture::get().job("none");
  changed.video.digest = std::string(64, '0');
  const JobFailure failure = fail(*engine, changed);
  CHECK(failure.cause == FailureCause::kData);
  CHECK(failure.detail == "video_digest");
}

TEST_CASE("parameters that cannot be are the user's, named in the message") {
  const auto engine = make_engine();
  const auto message_of = [&](const std::string& method, const std::string& name,
                              const cox::Value& value) {
    JobInput input = EngineFixture::get().job(method);
    input.parameters[name] = value;
    const JobFailure failure = fail(*engine, input);
    CHECK(failure.cause == FailureCause::kUser);
    return failure.message;
  };
  CHECK_THAT(message_of("none", "height", 40),
             Catch::Contains("parameter height") && Catch::Contains("multiple of 16"));
  CHECK_THAT(message_of("none", "total_frames", 5), Catch::Contains("parameter total_frames"));
  CHECK_THAT(message_of("none", "gen_start_frame", 3), Catch::Contains("gen_start_frame"));
  CHECK_THAT(message_of("adasteer", "adaptation_window.total_frames", 18),
             Catch::Contains("at most gen_start_frame"));
  CHECK_THAT(message_of("adasteer", "early_stop.check_every", 3),
             Catch::Contains("early_stop.check_every") && Catch::Contains("at most steps, 2"));
  CHECK_THAT(message_of("adasteer", "lr", 1e38),
             Catch::Contains("parameter lr") && Catch::Contains("with adamw"));
  CHECK_THAT(message_of("adasteer", "weight_decay", 1e300),
             Catch::Contains("parameter weight_decay"));
  CHECK_THAT(message_of("none", "stray", 1), Catch::Contains("stray"));
  CHECK_THAT(message_of("none", "metrics", cox::Value::List{"psnrr"}), Catch::Contains("psnr"));
}

TEST_CASE("an unknown method is the user's") {
  const auto engine = make_engine();
  JobInput input = EngineFixture::get().job("none");
  input.method = "nope";
  const JobFailure failure = fail(*engine, input);
  CHECK(failure.cause == FailureCause::kUser);
  CHECK_THAT(failure.message, Catch::Contains("adasteer"));
}

TEST_CASE("a job stops at the stage where the caller cancels") {
  const auto engine = make_engine();
  for (const std::string stage : {"decode", "train", "generate"}) {
    QuietSink sink;
    sink.cancel_at = stage;
    const JobOutcome outcome = engine->run(EngineFixture::get().job("full"), sink);
    REQUIRE(std::holds_alternative<JobFailure>(outcome));
    CHECK(std::get<JobFailure>(outcome).cause == FailureCause::kCancelled);
  }
  const auto after = numbers(succeed(*engine, EngineFixture::get().job("none")));
  CHECK(after == numbers(succeed(*make_engine(), EngineFixture::get().job("none"))));
}

TEST_CASE("a diverged adaptation is reported as such and does not change the model") {
  const auto engine = make_engine();
  const auto before = numbers(succeed(*engine, EngineFixture::get().job("none")));
  JobInput input = EngineFixture::get().job("full");
  input.parameters["lr"] = 1e30;
  input.parameters["steps"] = 4;
  input.parameters["warmup_steps"] = 0;
  CHECK(fail(*engine, input).cause == FailureCause::kDiverged);
  CHECK(numbers(succeed(*engine, EngineFixture::get().job("none"))) == before);
}

TEST_CASE("an engine for a missing device reports what it looked for") {
  const auto engine = Engine::create({"tpu", 1, true});
  REQUIRE_FALSE(engine.is_ok());
  CHECK_THAT(engine.status().message(), Catch::Contains("tpu"));
}

TEST_CASE("an engine of no threads, or of more than any machine has, is refused in one line") {
  for (const int threads : {0, -1, 1'000'000}) {
    const auto engine = Engine::create({"cpu", threads, true});
    REQUIRE_FALSE(engine.is_ok());
    CHECK_THAT(engine.status().message(),
               Catch::Contains("threads: expected 1 to") && !Catch::Contains("\n"));
  }
}

TEST_CASE("the largest rates diverge; they do not crash") {
  const auto engine = make_engine();
  for (const std::string optimizer : {"adamw", "sgd"}) {
    for (const std::string dtype : {"fp32", "bf16"}) {
      INFO(optimizer << ' ' << dtype);
      JobInput input = EngineFixture::get().job("full");
      input.parameters["optimizer"] = optimizer;
      input.parameters["param_dtype"] = dtype;
      input.parameters["lr"] = optimizer == "adamw" ? 3.3e37 : 3.3e38;
      input.parameters["warmup_steps"] = 0;
      CHECK(fail(*engine, input).cause == FailureCause::kDiverged);
    }
  }
}
