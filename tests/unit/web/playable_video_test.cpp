#include "coordinator/web/playable_video.h"

#include <catch2/catch.hpp>
#include <cmath>
#include <filesystem>

#include "engine/video/decode.h"
#include "engine/video/write.h"
#include "tests/support/temporary_directory.h"

using namespace cox;

namespace {

/// A bright bar that moves by four pixels a frame: frames differ by far more than a codec's loss.
std::vector<video::RgbImage> moving_bar(int frames, int width, int height) {
  std::vector<video::RgbImage> clip;
  for (int f = 0; f < frames; ++f) {
    video::RgbImage image(width, height);
    for (int y = 0; y < height; ++y) {
      for (int x = 0; x < width; ++x) {
        const bool bar = x / 8 == f % (width / 8);
        for (int c = 0; c < 3; ++c) image.row(y)[3 * x + c] = bar ? 230 : 40;
      }
    }
    clip.push_back(std::move(image));
  }
  return clip;
}

double mean_difference(const video::RgbImage& a, const video::RgbImage& b) {
  double sum = 0;
  for (int y = 0; y < a.height; ++y) {
    for (int i = 0; i < 3 * a.width; ++i) sum += std::abs(a.row(y)[i] - b.row(y)[i]);
  }
  return sum / (3.0 * a.width * a.height);
}

std::vector<video::RgbImage> decoded(const std::string& path, int frames) {
  return std::get<video::Clip>(video::decode_clip(path, {0, frames, 1}, video::ColorRule::kTagged))
      .frames;
}

}  // namespace

TEST_CASE("a playable copy shows the source's frames in their order", "[web]") {
  const test::TemporaryDirectory folder;
  const auto frames = moving_bar(8, 64, 48);
  REQUIRE(video::write_video(folder / "source.mkv", frames, {}).is_ok());
  web::PlayableVideos videos(folder / "playable");
  const Result<std::string> copy = videos.copy_of(folder / "source.mkv", 8);
  REQUIRE(copy.is_ok());
  const auto played = decoded(*copy, 8);
  REQUIRE(played.size() == 8);
  for (std::size_t f = 0; f < 8; ++f) {
    CHECK(mean_difference(played[f], frames[f]) < 6);
    CHECK(mean_difference(played[f], frames[(f + 1) % 8]) > 25);
  }
  CHECK(videos.copy_of(folder / "source.mkv", 8).value() == *copy);
}

TEST_CASE("a source of odd size loses its last column and row", "[web]") {
  const test::TemporaryDirectory folder;
  REQUIRE(video::write_video(folder / "odd.mkv", moving_bar(2, 65, 49), {}).is_ok());
  const auto copy = web::PlayableVideos(folder / "playable").copy_of(folder / "odd.mkv", 2);
  REQUIRE(copy.is_ok());
  const auto played = decoded(*copy, 2);
  CHECK(played[0].width == 64);
  CHECK(played[0].height == 48);
}

TEST_CASE("a video that lacks scored frames is told, not played as if they were there", "[web]") {
  const test::TemporaryDirectory folder;
  REQUIRE(video::write_video(folder / "cut.mkv", moving_bar(4, 64, 48), {}).is_ok());
  web::PlayableVideos videos(folder / "playable");
  const Status cut = videos.copy_of(folder / "cut.mkv", 8).status();
  CHECK(cut.code() == StatusCode::kFailedPrecondition);
  CHECK_THAT(cut.message(),
             Catch::Contains("cut.mkv' has 4 frames, but 8 were scored; it was cut off"));
  CHECK(videos.copy_of(folder / "cut.mkv", 4).is_ok());
}

TEST_CASE("a missing or half-written video is told, and leaves no copy", "[web]") {
  const test::TemporaryDirectory folder;
  web::PlayableVideos videos(folder / "playable");
  CHECK(videos.copy_of(folder / "missing.mkv", 8).status().code() == StatusCode::kNotFound);
  REQUIRE(video::write_video(folder / "whole.mkv", moving_bar(8, 64, 48), {}).is_ok());
  std::filesystem::resize_file(folder / "whole.mkv", 300);
  CHECK(videos.copy_of(folder / "whole.mkv", 8).status().code() == StatusCode::kFailedPrecondition);
  CHECK(!std::filesystem::exists(folder / "playable"));
}
