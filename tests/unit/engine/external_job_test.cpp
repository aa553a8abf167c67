// Videos made by another program are scored like our own, and are never resized or cropped.

#include <catch2/catch.hpp>
#include <filesystem>
#include <fstream>

#include "base/digest.h"
#include "base/file.h"
#include "engine/video/decode.h"
#include "engine/video/write.h"
#include "engine_fixture.h"

using namespace cox;
using namespace cox::engine;
using namespace cox::engine::test;

namespace {

/// The frames of a written video.
std::vector<video::RgbImage> frames_of(const std::string& path, std::int64_t count) {
  const auto clip = video::decode_clip(path, {0, count, 1}, video::ColorRule::kTagged);
  return std::get<video::Clip>(clip).frames;
}

std::string write(const std::string& name, const std::vector<video::RgbImage>& frames) {
  const std::string path = EngineFixture::get().path(name);
  REQUIRE(video::write_video(path, frames, {}).is_ok());
  return path;
}

JobInput external_job(const std::string& videos, std::int64_t skip_frames = 0) {
  JobInput input = EngineFixture::get().job("external");
  input.parameters["videos"] = videos;
  input.parameters["skip_frames"] = skip_frames;
  input.parameters["score"] = "written";
  return input;
}

constexpr std::int64_t kScored = 4;

/// What this program makes of the clip, with its frames.
struct Own {
  JobOutput output;
  std::vector<video::RgbImage> frames;
};

Own own_result(Engine& engine) {
  JobInput input = EngineFixture::get().job("none");
  input.parameters["score"] = "written";
  Own own{succeed(engine, input), {}};
  own.frames = frames_of(own.output.generated_path, kScored);
  return own;
}

}  // namespace

TEST_CASE("a video made by another program gets the scores of its frames") {
  const auto engine = make_engine();
  const Own own = own_result(*engine);
  const std::string path = write("made/clip0.mkv", own.frames);
  const std::string folder = EngineFixture::get().path("made/");
  const JobOutput output = succeed(*engine, external_job(folder + "{video}.mkv"));

  CHECK((output.metrics == own.output.metrics));
  CHECK(output.reference_digest == own.output.reference_digest);
  CHECK(output.scored_frames == kScored);
  CHECK(video::rgb_digest(frames_of(output.generated_path, kScored)) ==
        video::rgb_digest(own.frames));
  CHECK(output.provenance.generation == sha256_of_file(path).value());
  CHECK(output.provenance.trajectory.empty());
  CHECK(output.provenance.backbone_checksum == 0);
  CHECK(output.provenance.video_digest == own.output.provenance.video_digest);
  CHECK(output.timings.generate_s == 0);
  CHECK(output.timings.load_model_s == 0);
}

TEST_CASE("frames before the scored ones are skipped by the number that the run sets") {
  const auto engine = make_engine();
  const Own own = own_result(*engine);
  std::vector<video::RgbImage> longer = {own.frames[2], own.frames[1], own.frames[3]};
  longer.insert(longer.end(), own.frames.begin(), own.frames.end());
  const std::string path = write("longer.mkv", longer);
  CHECK((succeed(*engine, external_job(path, 3)).metrics == own.output.metrics));
  for (const std::int64_t skipped : {0, 2, 4}) {
    const JobFailure failure = fail(*engine, external_job(path, skipped));
    CHECK(failure.cause == FailureCause::kData);
    CHECK(failure.detail == "external_frames");
    CHECK(failure.message.find("expected " + std::to_string(skipped + kScored) + " frames") !=
          std::string::npos);
    CHECK(failure.message.find("got 7") != std::string::npos);
  }
}

TEST_CASE("a video of another size, damaged, or not there fails its job with cause data") {
  const auto engine = make_engine();
  const Own own = own_result(*engine);
  const auto failure_of_path = [&](const std::string& path) {
    const JobFailure failure = fail(*engine, external_job(path));
    INFO(failure.message);
    CHECK(failure.cause == FailureCause::kData);
    CHECK_FALSE(failure.missing_input);
    CHECK_FALSE(failure.poisoned);
    CHECK(failure.message.find(path) != std::string::npos);
    return failure;
  };

  std::vector<video::RgbImage> turned = own.frames;
  for (video::RgbImage& frame : turned) std::swap(frame.width, frame.height);
  const JobFailure size = failure_of_path(write("turned.mkv", turned));
  CHECK(size.detail == "external_size");
  CHECK(size.message.find("expected 32 x 48 pixels (height x width), got 48 x 32") !=
        std::string::npos);

  CHECK(failure_of_path(EngineFixture::get().path("nowhere/clip0.mkv")).detail == "missing");
  const std::string whole = read_file(write("whole.mkv", own.frames)).value();
  const std::string cut = EngineFixture::get().path("cut.mkv");
  for (const std::size_t bytes : {std::size_t{0}, whole.size() / 2}) {
    std::ofstream(cut, std::ios::binary | std::ios::trunc) << whole.substr(0, bytes);
    failure_of_path(cut);
  }
  std::ofstream(cut, std::ios::trunc) << "these are not pictures";
  failure_of_path(cut);
  // The engine continues.
  CHECK((succeed(*engine, external_job(write("again.mkv", own.frames))).metrics ==
         own.output.metrics));
}

TEST_CASE("an external job without a path is a user's error") {
  const auto engine = make_engine();
  CHECK(fail(*engine, external_job("")).cause == FailureCause::kUser);
}
