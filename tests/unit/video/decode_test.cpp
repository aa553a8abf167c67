#include "engine/video/decode.h"

#include <array>
#include <catch2/catch.hpp>

#include "engine/video/write.h"
#include "raw_clip.h"
#include "tests/support/temporary_directory.h"

using namespace cox;
using namespace cox::video;

namespace {

constexpr int kBt709 = 1, kSmpte170m = 6, kBt2020 = 9;
using Pixel = std::array<int, 3>;

Clip decoded(const std::string& path, const FrameWindow& window, ColorRule rule) {
  auto outcome = decode_clip(path, window, rule);
  if (auto* fault = std::get_if<VideoFault>(&outcome)) FAIL(fault->message);
  return std::get<Clip>(std::move(outcome));
}

Pixel pixel(const RgbImage& image, int x, int y) {
  const std::uint8_t* at = image.row(y) + 3 * x;
  return {at[0], at[1], at[2]};
}

Pixel color_of(const std::string& path, ColorRule rule) {
  return pixel(decoded(path, {0, 1, 1}, rule).frames.at(0), 5, 5);
}

}  // namespace

TEST_CASE("Each color tag gives the pixel of the table under both color rules") {
  struct Row {
    int matrix;
    bool full;
    Pixel tagged, paper;
  };
  // Y=120 U=90 V=170. `paper` is what PyAV 12 gives, `tagged` what PyAV 17 gives.
  const Row rows[] = {{2, false, {188, 100, 44}, {188, 100, 44}},
                      {kSmpte170m, false, {188, 100, 44}, {188, 100, 44}},
                      {kBt709, false, {196, 106, 40}, {188, 100, 44}},
                      {kBt2020, false, {191, 100, 39}, {188, 100, 44}},
                      {kSmpte170m, true, {178, 103, 52}, {178, 103, 52}},
                      {kBt709, true, {186, 107, 49}, {178, 103, 52}}};
  const test::TemporaryDirectory folder;
  for (const Row& row : rows) {
    RawClip clip;
    clip.width = 832;
    clip.height = 480;
    clip.frames = 1;
    clip.matrix = row.matrix;
    clip.full_range = row.full;
    clip.pixel_format = row.full ? "yuvj420p" : "yuv420p";
    INFO("matrix " << row.matrix << " full " << row.full);
    write_raw_clip(folder / "tag.mp4", clip);
    CHECK(color_of(folder / "tag.mp4", ColorRule::kTagged) == row.tagged);
    CHECK(color_of(folder / "tag.mp4", ColorRule::kPaperCompat) == row.paper);
  }
}

TEST_CASE("A window takes every stride-th frame from its first, counted from the file's start") {
  const test::TemporaryDirectory folder;
  std::vector<RgbImage> frames;
  for (int i = 0; i < 12; ++i) frames.push_back(test_picture(32, 16, i));
  REQUIRE(write_video(folder / "a.mkv", frames, {}).is_ok());
  const Clip clip = decoded(folder / "a.mkv", {3, 3, 4}, ColorRule::kTagged);
  REQUIRE(clip.frames.size() == 3);
  CHECK(clip.frames[0] == frames[3]);
  CHECK(clip.frames[1] == frames[7]);
  CHECK(clip.frames[2] == frames[11]);
}

TEST_CASE("Frames reordered by B-pictures come out in display order and none is lost at the end") {
  const test::TemporaryDirectory folder;
  std::vector<RgbImage> frames;
  for (int i = 0; i < 30; ++i) {
    frames.emplace_back(32, 32);
    for (auto& level : frames.back().pixels) level = static_cast<std::uint8_t>(8 * i);
  }
  REQUIRE(write_video(folder / "b.mp4", frames, {VideoCodec::kH264Mp4, {24, 1}, 1}).is_ok());
  const Clip clip = decoded(folder / "b.mp4", {0, 30, 1}, ColorRule::kTagged);
  for (int i = 0; i < 30; ++i) {
    INFO("frame " << i);
    const RgbImage& frame = clip.frames.at(static_cast<std::size_t>(i));
    CHECK(std::abs(frame.pixels[0] - 8 * i) <= 3);
  }
}

TEST_CASE("Rotation in the container is applied and recorded") {
  const test::TemporaryDirectory folder;
  RawClip clip;
  clip.left_half_dark = true;
  for (const int degrees : {90, 180, 270}) {
    clip.rotation = degrees;
    write_raw_clip(folder / "r.mp4", clip);
    const Clip read = decoded(folder / "r.mp4", {0, 1, 1}, ColorRule::kTagged);
    INFO(degrees);
    CHECK(read.facts.rotation == degrees);
    const bool sideways = degrees != 180;
    CHECK(read.facts.width == (sideways ? 48 : 64));
    CHECK(read.frames[0].width == read.facts.width);
    CHECK(read.frames[0].height == read.facts.height);
    // The dark left half goes to the top, to the right, or to the bottom.
    const RgbImage& image = read.frames[0];
    const Pixel dark = degrees == 90    ? pixel(image, 24, 2)
                       : degrees == 180 ? pixel(image, 61, 24)
                                        : pixel(image, 24, 61);
    const Pixel bright = degrees == 90    ? pixel(image, 24, 61)
                         : degrees == 180 ? pixel(image, 2, 24)
                                          : pixel(image, 24, 2);
    CHECK(dark[0] < bright[0]);
    CHECK(bright == Pixel{188, 100, 44});
  }
}

TEST_CASE("An odd height of a subsampled format is cropped to even, other sizes are kept") {
  const test::TemporaryDirectory folder;
  RawClip clip;
  clip.pixel_format = "yuv444p";
  clip.width = 63;
  clip.height = 47;
  write_raw_clip(folder / "444.mp4", clip);
  CHECK(decoded(folder / "444.mp4", {0, 1, 1}, ColorRule::kTagged).facts.width == 63);
  clip.pixel_format = "yuv422p";
  clip.width = 64;
  write_raw_clip(folder / "422.mp4", clip);
  const Clip read = decoded(folder / "422.mp4", {0, 1, 1}, ColorRule::kTagged);
  CHECK(read.facts.height == 46);
  CHECK(read.frames[0].height == 46);
}

TEST_CASE("A probe reports what the file says of itself and what was decoded") {
  const test::TemporaryDirectory folder;
  RawClip clip;
  clip.frames = 7;
  clip.matrix = kBt709;
  write_raw_clip(folder / "p.mp4", clip);
  const auto outcome = probe_video(folder / "p.mp4");
  REQUIRE(std::holds_alternative<VideoFacts>(outcome));
  const VideoFacts facts = std::get<VideoFacts>(outcome);
  CHECK(facts.frames == 7);
  CHECK(facts.stream.header_frames == 7);
  CHECK(facts.stream.pixel_format == "yuv420p");
  CHECK(facts.stream.color_matrix == "bt709");
  CHECK(facts.stream.color_range == "limited");
  CHECK(facts.stream.average_rate == FrameRate{24, 1});
  CHECK_FALSE(facts.variable_frame_rate);
}

TEST_CASE("Uneven times are flagged as a variable frame rate") {
  const test::TemporaryDirectory folder;
  RawClip clip;
  clip.frames = 6;
  clip.times = {0, 1, 2, 5, 6, 9};
  write_raw_clip(folder / "v.mp4", clip);
  CHECK(std::get<VideoFacts>(probe_video(folder / "v.mp4")).variable_frame_rate);
}

TEST_CASE("The digest of pixels depends on every frame and on their order") {
  const RgbImage a = test_picture(8, 8, 0), b = test_picture(8, 8, 1);
  CHECK(rgb_digest({a, b}) == rgb_digest({a, b}));
  CHECK(rgb_digest({a, b}) != rgb_digest({b, a}));
  CHECK(rgb_digest({a}) != rgb_digest({a, b}));
}
