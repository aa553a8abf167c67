#include "worker/convert.h"

#include <catch2/catch.hpp>

#include "proto/values.h"

using namespace cox;  // NOLINT: a test

namespace {

v1::LeasedJob leased_job() {
  v1::LeasedJob job;
  job.set_job_digest(std::string(64, 'a'));
  job.set_attempt(3);
  v1::Run& run = *job.mutable_run();
  run.set_digest("0123456789abcdef" + std::string(48, '0'));
  run.set_method("adasteer");
  run.set_backbone("longcat-video");
  run.set_model_directory("/models/tiny");
  run.set_model_digest("model");
  for (const double multiplier : {1.0, 0.5}) {
    v1::Lora& lora = *run.add_loras();
    lora.set_path("/models/lora.safetensors");
    lora.set_digest("lora");
    lora.set_multiplier(multiplier);
  }
  run.set_lpips_weights("/models/lpips.safetensors");
  run.set_lpips_weights_digest("lpips");
  auto& parameters = *run.mutable_parameters();
  parameters["prompt_source"] = to_proto(Value("caption"));
  parameters["constant_prompt"] = to_proto(Value("a street"));
  parameters["lr"] = to_proto(Value(0.005));
  parameters["steps"] = to_proto(Value(20));
  parameters["metrics"] = to_proto(Value(Value::List{"psnr", "ssim"}));
  parameters["enhance_hf"] = to_proto(Value(true));
  return job;
}

v1::Video video() {
  v1::Video video;
  video.set_id("clip-1");
  video.set_path("/data/clip-1.mp4");
  video.set_digest("video");
  video.set_prompt("a dog runs");
  return video;
}

}  // namespace

TEST_CASE("Values keep kind and content over the wire") {
  for (const Value& value : {Value(true), Value(14), Value(0.1), Value(1.0), Value("text"),
                             Value(""), Value(Value::List{}), Value(Value::List{1, 2})}) {
    const Result<Value> back = from_proto(to_proto(value));
    REQUIRE(back.is_ok());
    CHECK(*back == value);
  }
  CHECK(from_proto(v1::Value()).status().code() == StatusCode::kInvalidArgument);
}

TEST_CASE("The engine's input holds everything that was leased") {
  const auto input = worker::job_input_of(leased_job(), video(), "/out");
  REQUIRE(input.is_ok());
  CHECK(input->job_id == std::string(64, 'a'));
  CHECK(input->attempt == 3);
  CHECK(input->method == "adasteer");
  CHECK(input->parameters.at("lr") == Value(0.005));
  CHECK(input->parameters.at("metrics") == Value(Value::List{"psnr", "ssim"}));
  CHECK(input->backbone == "longcat-video");
  CHECK(input->model_directory == "/models/tiny");
  CHECK(input->model_digest == "model");
  CHECK(input->loras == std::vector<engine::LoraFile>{{"/models/lora.safetensors", "lora", 1},
                                                      {"/models/lora.safetensors", "lora", 0.5}});
  CHECK(input->lpips_weights == "/models/lpips.safetensors");
  CHECK(input->lpips_weights_digest == "lpips");
  CHECK(input->video_id == "clip-1");
  CHECK(input->video_path == "/data/clip-1.mp4");
  CHECK(input->video_digest == "video");
  CHECK(input->output_directory == "/out");
}

TEST_CASE("The prompt is the video's caption or the run's constant") {
  v1::LeasedJob job = leased_job();
  CHECK(worker::job_input_of(job, video(), "/out")->prompt == "a dog runs");
  auto& parameters = *job.mutable_run()->mutable_parameters();
  parameters["prompt_source"] = to_proto(Value("constant"));
  CHECK(worker::job_input_of(job, video(), "/out")->prompt == "a street");
  parameters["prompt_source"] = to_proto(Value("guess"));
  CHECK_FALSE(worker::job_input_of(job, video(), "/out").is_ok());
}

TEST_CASE("An output keeps every number on its way to the wire") {
  engine::JobOutput output;
  output.metrics = {{"psnr", 21.5, {20.0, 23.0}}, {"ssim", 0.75, {0.5, 1.0}}};
  output.timings = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10};
  output.adaptation = {512, 20, 15, true, {0.5, 0.25}, {0.75}, 0.125};
  output.provenance.device_name = "EPYC";
  output.provenance.torch_version = "2.11";
  output.provenance.threads = 3;
  output.provenance.kernels = "fused+cudnn";
  output.provenance.backbone_checksum = ~0ULL;
  output.generated_path = "/out/g.mkv";
  output.reference_path = "/out/r.mkv";
  output.reference_digest = "digest of frames";
  output.scored_frames = 14;
  output.peak_memory_bytes = 1LL << 40;

  const v1::JobOutput message = worker::to_proto(output);
  REQUIRE(message.metrics_size() == 2);
  CHECK(message.metrics(1).name() == "ssim");
  CHECK(message.metrics(0).per_frame(1) == 23.0);
  CHECK(message.timings().load_model_s() == 1);
  CHECK(message.timings().train_s() == 4);
  CHECK(message.timings().early_stop_s() == 5);
  CHECK(message.timings().total_s() == 10);
  CHECK(message.adaptation().stopped());
  CHECK(message.adaptation().losses(1) == 0.25);
  CHECK(message.adaptation().anchor_losses(0) == 0.75);
  CHECK(message.adaptation().parameter_norm() == 0.125);
  CHECK(message.provenance().device_name() == "EPYC");
  CHECK(message.provenance().torch_version() == "2.11");
  CHECK(message.provenance().threads() == 3);
  CHECK(message.provenance().kernels() == "fused+cudnn");
  CHECK(message.provenance().backbone_checksum() == ~0ULL);
  CHECK(message.reference_path() == "/out/r.mkv");
  CHECK(message.reference_digest() == "digest of frames");
  CHECK(message.peak_memory_bytes() == 1LL << 40);
}

TEST_CASE("Failures keep their cause") {
  using engine::FailureCause;
  const std::pair<FailureCause, v1::FailureCause> causes[] = {
      {FailureCause::kData, v1::FAILURE_CAUSE_DATA},
      {FailureCause::kOom, v1::FAILURE_CAUSE_OOM},
      {FailureCause::kDiverged, v1::FAILURE_CAUSE_DIVERGED},
      {FailureCause::kUser, v1::FAILURE_CAUSE_USER},
      {FailureCause::kCrash, v1::FAILURE_CAUSE_CRASH}};
  for (const auto& [cause, expected] : causes) {
    const v1::JobFailure message = worker::to_proto(engine::JobFailure{cause, "m", "d", false});
    CHECK(message.cause() == expected);
    CHECK(message.message() == "m");
    CHECK(message.detail() == "d");
  }
}
