#include "cli/output/video_grid.h"

#include <algorithm>
#include <catch2/catch.hpp>

using namespace cox;

namespace {

video::RgbImage plain(int width, int height, std::uint8_t gray) {
  video::RgbImage image(width, height);
  std::fill(image.pixels.begin(), image.pixels.end(), gray);
  return image;
}

bool has_light_pixel(const video::RgbImage& image, int left, int width, int height) {
  for (int y = 0; y < height; ++y) {
    const std::uint8_t* row = image.row(y) + 3 * left;
    if (std::any_of(row, row + 3 * width, [](std::uint8_t value) { return value > 128; })) {
      return true;
    }
  }
  return false;
}

}  // namespace

TEST_CASE("clips stand side by side below their names, frame by frame", "[drawing]") {
  const auto frames = cli::video_grid({{"truth", {plain(64, 32, 10), plain(64, 32, 20)}},
                                       {"a run", {plain(64, 32, 30), plain(64, 32, 40)}}})
                          .value();
  REQUIRE(frames.size() == 2);
  CHECK(frames[0].width == 132);
  CHECK(frames[0].height == 54);
  CHECK(frames[0].row(40)[3 * 10] == 10);
  CHECK(frames[1].row(40)[3 * 10] == 20);
  CHECK(frames[0].row(40)[3 * 100] == 30);
  CHECK(frames[1].row(40)[3 * 100] == 40);
  CHECK(has_light_pixel(frames[0], 0, 64, 22));
  CHECK(has_light_pixel(frames[0], 68, 64, 22));
}

TEST_CASE("a fifth clip begins a row, smaller clips are centered, and sides are even",
          "[drawing]") {
  std::vector<cli::LabeledClip> clips(5, {"x", {plain(31, 21, 200)}});
  clips[4].frames = {plain(11, 11, 200)};
  const auto frames = cli::video_grid(clips).value();
  CHECK(frames[0].width == 136);
  CHECK(frames[0].height == 90);
  const int top = 22 + 21 + 4 + 22;
  CHECK(frames[0].row(top)[3 * 15] == 0);
  CHECK(frames[0].row(top + 10)[3 * 15] == 200);
}

TEST_CASE("clips of different lengths are refused", "[drawing]") {
  const auto refused =
      cli::video_grid({{"one", {plain(8, 8, 0)}}, {"two", {plain(8, 8, 0), plain(8, 8, 0)}}});
  CHECK(refused.status().code() == StatusCode::kFailedPrecondition);
  CHECK(refused.status().message().find("'two' 2") != std::string::npos);
}
