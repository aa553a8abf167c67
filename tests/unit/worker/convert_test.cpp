#include "worker/convert.h"

#include <catch2/catch.hpp>

#include "proto/convert.h"

using namespace cox;  // NOLINT: a test

namespace {

v1::LeasedJob leased_job() {
  v1::LeasedJob job;
  job.set_job_digest(std::string(64, 'a'));
  job.set_attempt(3);
  job.set_prompt("a dog runs fast");
  v1::Run& run = *job.mutable_run();
  run.set_digest("0123456789abcdef" + std::string(48, '0'));
  run.set_method("adasteer");
  run.set_parameters(canonical_parameters({{"prompt_source", "caption"},
                                           {"lr", 0.005},
                                           {"steps", 20},
                                           {"metrics", Value::List{"psnr", "ssim"}}}));
  *run.mutable_model() = to_proto<v1::ModelFiles>(ModelFiles{
      "longcat-video",
      "/models/tiny",
      "model",
      {{"/models/lora.safetensors", "lora", 1}, {"/models/lora.safetensors", "lora", 0.5}},
      {{"lpips", {"/models/lpips.safetensors", "lpips", 1}}}});
  return job;
}

v1::Video video() {
  return to_proto<v1::Video>(Video{"clip-1", "/data/clip-1.mp4", "video", "a dog runs"});
}

}  // namespace

TEST_CASE("The engine's input holds everything that was leased") {
  const auto input = worker::job_input_of(leased_job(), video(), "/out");
  REQUIRE(input.is_ok());
  CHECK(input->job_id == std::string(64, 'a'));
  CHECK(input->run_id == "0123456789abcdef" + std::string(48, '0'));
  CHECK(input->attempt == 3);
  CHECK(input->method == "adasteer");
  CHECK(input->parameters.at("lr") == Value(0.005));
  CHECK(input->parameters.at("metrics") == Value(Value::List{"psnr", "ssim"}));
  CHECK(input->model.backbone == "longcat-video");
  CHECK(input->model.directory == "/models/tiny");
  CHECK(input->model.digest == "model");
  CHECK(input->model.loras == std::vector<WeightFile>{{"/models/lora.safetensors", "lora", 1},
                                                      {"/models/lora.safetensors", "lora", 0.5}});
  CHECK(input->model.metric_weights.at("lpips") ==
        WeightFile{"/models/lpips.safetensors", "lpips", 1});
  CHECK(input->video == Video{"clip-1", "/data/clip-1.mp4", "video", "a dog runs"});
  CHECK(input->prompt == "a dog runs fast");
  CHECK(input->output_directory == "/out");
}

TEST_CASE("A bundle is checked for digests that would lead out of the output folder") {
  v1::Bundle bundle;
  *bundle.add_jobs() = leased_job();
  CHECK(worker::check_bundle(bundle).is_ok());
  bundle.mutable_jobs(0)->mutable_run()->set_digest("../../../evil");
  const Status status = worker::check_bundle(bundle);
  CHECK(status.code() == StatusCode::kInvalidArgument);
  CHECK(status.message().find("'../../../evil'") != std::string::npos);
}

TEST_CASE("Parameters that no coordinator sends are refused") {
  v1::LeasedJob job = leased_job();
  job.mutable_run()->set_parameters("lr=1");
  CHECK(worker::job_input_of(job, video(), "/out").status().code() == StatusCode::kInvalidArgument);
}
