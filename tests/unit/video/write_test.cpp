#include "engine/video/write.h"

#include <catch2/catch.hpp>
#include <cmath>
#include <filesystem>
#include <random>

#include "base/file.h"
#include "engine/video/decode.h"
#include "raw_clip.h"
#include "tests/support/temporary_directory.h"

using namespace cox;
using namespace cox::video;
namespace fs = std::filesystem;

namespace {

std::vector<RgbImage> noise(int width, int height, int frames, unsigned seed) {
  std::mt19937 random(seed);
  std::vector<RgbImage> clip;
  for (int i = 0; i < frames; ++i) {
    clip.emplace_back(width, height);
    for (std::uint8_t& level : clip.back().pixels) level = static_cast<std::uint8_t>(random());
  }
  return clip;
}

std::vector<RgbImage> pictures(int width, int height, int frames) {
  std::vector<RgbImage> clip;
  for (int i = 0; i < frames; ++i) clip.push_back(test_picture(width, height, i));
  return clip;
}

double mean_error(const RgbImage& a, const RgbImage& b) {
  double sum = 0;
  for (std::size_t i = 0; i < a.pixels.size(); ++i) sum += std::abs(a.pixels[i] - b.pixels[i]);
  return sum / static_cast<double>(a.pixels.size());
}

}  // namespace

TEST_CASE(
    "The lossless writer reads back bit for bit, odd sizes included, under both color rules") {
  const test::TemporaryDirectory folder;
  const unsigned seed = std::random_device{}();
  INFO("seed " << seed);
  for (const auto& [width, height] :
       {std::pair{64, 48}, {63, 47}, {16, 16}, {4, 4}, {5, 7}, {33, 8}}) {
    INFO(width << "x" << height);
    const auto frames = noise(width, height, 3, seed);
    const std::string path = folder / "deep/noise.mkv";
    REQUIRE(write_video(path, frames, {}) == Status::ok());
    for (const ColorRule rule : {ColorRule::kTagged, ColorRule::kPaperCompat}) {
      const auto read = decode_clip(path, {0, 3, 1}, rule);
      REQUIRE(std::holds_alternative<Clip>(read));
      CHECK(std::get<Clip>(read).frames == frames);
    }
  }
}

TEST_CASE("Names that look like protocols or escapes are plain files") {
  const test::TemporaryDirectory folder;
  const auto frames = noise(16, 16, 2, 1);
  const std::string path = folder / "http:a %20 b'c.mkv";
  REQUIRE(write_video(path, frames, {}) == Status::ok());
  CHECK(fs::exists(path));
  const auto read = decode_clip(path, {0, 2, 1}, ColorRule::kTagged);
  REQUIRE(std::holds_alternative<Clip>(read));
  CHECK(std::get<Clip>(read).frames == frames);
}

TEST_CASE("Equal frames give equal files, and nothing is left beside them") {
  const test::TemporaryDirectory folder;
  const auto frames = noise(32, 32, 2, 1);
  REQUIRE(write_video(folder / "a.mkv", frames, {}).is_ok());
  REQUIRE(write_video(folder / "b.mkv", frames, {}).is_ok());
  const bool equal = *read_file(folder / "a.mkv") == *read_file(folder / "b.mkv");
  CHECK(equal);
  CHECK(std::distance(fs::directory_iterator(folder.path()), {}) == 2);
}

TEST_CASE("H.264 and MPEG-4 clips hold every frame, near the original") {
  const test::TemporaryDirectory folder;
  const auto frames = pictures(64, 48, 20);
  for (const auto& [codec, name, coded] : {std::tuple{VideoCodec::kH264Mp4, "c.mp4", "h264"},
                                           {VideoCodec::kMpeg4Avi, "c.avi", "mpeg4"}}) {
    INFO(name);
    REQUIRE(write_video(folder / name, frames, {codec, {25, 1}, 4}) == Status::ok());
    const auto outcome = probe_video(folder / name);
    REQUIRE(std::holds_alternative<VideoFacts>(outcome));
    const auto& facts = std::get<VideoFacts>(outcome);
    CHECK(facts.frames == 20);
    CHECK(facts.stream.codec == coded);
    CHECK(facts.stream.average_rate.value() == 25);
    CHECK_FALSE(facts.variable_frame_rate);
    CHECK(facts.damage.empty());
    const auto read = decode_clip(folder / name, {19, 1, 1}, ColorRule::kTagged);
    REQUIRE(std::holds_alternative<Clip>(read));
    const auto& last = std::get<Clip>(read).frames.at(0);
    CHECK(mean_error(last, frames[19]) < mean_error(last, frames[18]));
  }
}

TEST_CASE("What cannot be coded is refused and an older file stays as it was") {
  const test::TemporaryDirectory folder;
  REQUIRE(write_file_atomically(folder / "old.mp4", "old").is_ok());
  const WriteOptions h264{VideoCodec::kH264Mp4, {24, 1}, 18};
  CHECK(write_video(folder / "old.mp4", noise(31, 16, 1, 1), h264).message().find("31x16") !=
        std::string::npos);
  auto mixed = noise(16, 16, 1, 1);
  mixed.push_back(RgbImage(32, 16));
  CHECK_FALSE(write_video(folder / "old.mp4", mixed, {}).is_ok());
  CHECK_FALSE(write_video(folder / "old.mp4", {}, {}).is_ok());
  CHECK(*read_file(folder / "old.mp4") == "old");
  CHECK_FALSE(write_video("/proc/none/a.mkv", noise(16, 16, 1, 1), {}).is_ok());
}
