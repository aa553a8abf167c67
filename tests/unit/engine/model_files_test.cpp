#include <catch2/catch.hpp>

#include <filesystem>
#include <fstream>
#include <limits>

#include "base/digest.h"
#include "engine/checkpoint/safetensors.h"
#include "engine/tensors/torch.h"
#include "engine_fixture.h"

using namespace cox;
using namespace cox::engine;
using namespace cox::engine::test;

namespace {

namespace fs = std::filesystem;

/// A copy of the model whose DiT file went through `change`.
std::string changed_model(const std::string& name,
                          const std::function<void(std::map<std::string, at::Tensor>&)>& change) {
  const std::string directory = EngineFixture::get().path(name);
  fs::remove_all(directory);
  fs::copy(EngineFixture::get().model(), directory, fs::copy_options::recursive);
  for (const auto& entry : fs::directory_iterator(directory + "/dit")) {
    if (entry.path().extension() != ".safetensors") continue;
    auto tensors = Checkpoint::open(entry.path().string()).load_all();
    change(tensors);
    save_safetensors(entry.path().string(), tensors);
  }
  return directory;
}

JobFailure failure_with(const JobInput& input) {
  QuietSink sink;
  const auto engine = make_engine();
  const JobOutcome outcome = engine->run(input, sink);
  REQUIRE(std::holds_alternative<JobFailure>(outcome));
  return std::get<JobFailure>(outcome);
}

JobFailure failure_with_model(const std::string& directory) {
  JobInput input = EngineFixture::get().job("none");
  input.model.directory = directory;
  return failure_with(input);
}

const std::string kTensor = "blocks.0.attn.qkv.weight";

}  // namespace

TEST_CASE("a missing model directory is named") {
  const JobFailure failure = failure_with_model("/nowhere/model");
  CHECK(failure.cause == FailureCause::kUser);
  CHECK_THAT(failure.message, Catch::Contains("/nowhere/model"));
  CHECK(failure.missing_input);  // another worker may have it
}

TEST_CASE("a folder without any clip is a fault of the place, a single missing clip is not") {
  JobInput input = EngineFixture::get().job("none");
  const std::string clips = EngineFixture::get().path("no_clips");
  std::filesystem::create_directories(clips);
  for (const std::string& folder : std::vector<std::string>{clips, "/nowhere/clips"}) {
    input.video.path = folder + "/clip.mp4";
    const JobFailure failure = failure_with(input);
    CHECK(failure.missing_input);
    CHECK_THAT(failure.message, Catch::Contains(folder));
  }
  std::ofstream(clips + "/other.mp4") << "a clip";
  input.video.path = clips + "/clip.mp4";
  const JobFailure failure = failure_with(input);
  CHECK_FALSE(failure.missing_input);
  CHECK(failure.cause == FailureCause::kData);
  CHECK(failure.detail == "missing");
}

TEST_CASE("missing and extra tensors are named") {
  const JobFailure missing =
      failure_with_model(changed_model("missing", [](auto& tensors) { tensors.erase(kTensor); }));
  CHECK(missing.cause == FailureCause::kUser);
  CHECK_THAT(missing.message, Catch::Contains(kTensor));

  const JobFailure extra = failure_with_model(
      changed_model("extra", [](auto& tensors) { tensors["stray.weight"] = at::zeros({2}); }));
  CHECK(extra.cause == FailureCause::kUser);
  CHECK_THAT(extra.message, Catch::Contains("stray.weight"));
}

TEST_CASE("a tensor of the wrong shape is named") {
  const JobFailure failure = failure_with_model(changed_model(
      "shape", [](auto& tensors) { tensors[kTensor] = tensors[kTensor].narrow(0, 0, 3).clone(); }));
  CHECK(failure.cause == FailureCause::kUser);
  CHECK_THAT(failure.message, Catch::Contains(kTensor));
}

TEST_CASE("weights that are not finite are named") {
  const JobFailure failure = failure_with_model(changed_model("nan", [](auto& tensors) {
    tensors[kTensor][1][2].fill_(std::numeric_limits<float>::quiet_NaN());
  }));
  CHECK(failure.cause == FailureCause::kUser);
  CHECK(failure.detail == "weights_not_finite");
  CHECK_THAT(failure.message, Catch::Contains(kTensor));
}

TEST_CASE("another model than the planned one is refused") {
  JobInput input = EngineFixture::get().job("none");
  input.model.digest = std::string(64, '0');
  const JobFailure failure = failure_with(input);
  CHECK(failure.cause == FailureCause::kUser);
  CHECK(failure.detail == "model_digest");
  CHECK(failure.missing_input);

  input.model.digest = cox::sha256_of_directory(input.model.directory).value();
  QuietSink sink;
  const auto engine = make_engine();
  const JobOutcome outcome = engine->run(input, sink);
  REQUIRE(std::holds_alternative<JobOutput>(outcome));
  CHECK(std::get<JobOutput>(outcome).provenance.model_digest == input.model.digest);
}
