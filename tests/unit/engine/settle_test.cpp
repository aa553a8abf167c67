// What a run leaves to the video: which frames are taken, and their size.

#include "engine/stages/settle.h"

#include <catch2/catch.hpp>
#include <cmath>

#include "engine/video/decode.h"
#include "engine/video/write.h"
#include "engine_fixture.h"
#include "record/frame_stride.h"

using namespace cox;
using namespace cox::engine;
using namespace cox::engine::test;

namespace {

/// A video whose n-th frame has the color n.
std::string counted_video(const std::string& name, int height, int width, int frames, int rate) {
  std::vector<video::RgbImage> images;
  for (int i = 0; i < frames; ++i) {
    video::RgbImage image(width, height);
    std::fill(image.pixels.begin(), image.pixels.end(), static_cast<std::uint8_t>(4 * i));
    images.push_back(std::move(image));
  }
  const std::string path = EngineFixture::get().path(name);
  video::WriteOptions options;
  options.rate = {rate, 1};
  REQUIRE(video::write_video(path, images, options).is_ok());
  return path;
}

JobInput job_on(const std::string& path) {
  JobInput input = EngineFixture::get().job("none");
  input.video.path = path;
  input.video.id = "counted";
  return input;
}

std::vector<int> colors_in(const std::string& path, std::int64_t frames) {
  const auto clip = video::decode_clip(path, {0, frames, 1}, video::ColorRule::kTagged);
  std::vector<int> colors;
  for (const video::RgbImage& image : std::get<video::Clip>(clip).frames) {
    colors.push_back(image.pixels[0]);
  }
  return colors;
}

}  // namespace

TEST_CASE("a stride is the closest to the wanted rate and at least 1") {
  CHECK(stride_for(30, 15) == 2);
  CHECK(stride_for(24, 15) == 2);
  CHECK(stride_for(25, 15) == 2);
  CHECK(stride_for(22, 15) == 1);
  CHECK(stride_for(60000.0 / 1001, 15) == 4);
  CHECK(stride_for(10, 15) == 1);
}

TEST_CASE("the nearest listed size has the nearest ratio of height to width") {
  const std::vector<ListedSize>& list = find_backbone("longcat-video")->geometry.sizes;
  const auto nearest = [&](std::int64_t height, std::int64_t width) {
    return nearest_size(list, {height, width});
  };
  CHECK(nearest(1080, 1920) == PictureSize{480, 832});
  CHECK(nearest(240, 320) == PictureSize{544, 736});
  CHECK(nearest(1920, 1080) == PictureSize{832, 480});
  CHECK(nearest(100, 100) == PictureSize{608, 640});
  CHECK(nearest(1, 1000) == PictureSize{320, 1216});
  CHECK(nearest(1000, 1) == PictureSize{1280, 320});
}

TEST_CASE("the listed sizes of LongCat-Video hold as many pixels, and their ratios are rounded") {
  const LatentGeometry& geometry = find_backbone("longcat-video")->geometry;
  CHECK(geometry.sizes.size() == 26);
  for (const ListedSize& size : geometry.sizes) {
    INFO(size.height << "x" << size.width);
    const double ratio = static_cast<double>(size.height) / static_cast<double>(size.width);
    CHECK(std::abs(ratio - size.ratio) < 0.00501);
    CHECK(size.height % geometry.size_unit == 0);
    CHECK(size.width % geometry.size_unit == 0);
    CHECK(std::abs(static_cast<double>(size.height * size.width) / (480 * 832) - 1) < 0.06);
    CHECK(nearest_size(geometry.sizes, {size.height, size.width}) ==
          PictureSize{size.height, size.width});
  }
}

TEST_CASE("at a frame rate every n-th frame is scored, as with that stride") {
  const std::string path = counted_video("counted.mkv", 32, 48, 50, 30);
  JobInput by_rate = job_on(path);
  by_rate.parameters["frame_rate"] = 15.0;
  JobInput by_stride = job_on(path);
  by_stride.parameters["frame_stride"] = 2;
  const auto engine = make_engine();
  const JobOutput one = succeed(*engine, by_rate);
  const JobOutput two = succeed(*engine, by_stride);
  CHECK((one.metrics == two.metrics));
  CHECK(one.reference_digest == two.reference_digest);
  CHECK(colors_in(one.reference_path, 4) == std::vector<int>{136, 144, 152, 160});

  by_rate.parameters["frame_rate"] = 30.0;
  CHECK(colors_in(succeed(*engine, by_rate).reference_path, 4) == std::vector<int>{68, 72, 76, 80});
  by_rate.parameters["frame_rate"] = 7.5;  // needs 81 frames
  CHECK(fail(*engine, by_rate).cause == FailureCause::kData);
  by_rate.parameters["frame_stride"] = 2;
  CHECK(fail(*engine, by_rate).cause == FailureCause::kUser);
}

TEST_CASE("at its own size a video gets the nearest listed one") {
  const std::string path = counted_video("wide.mkv", 32, 102, 3, 15);
  JobInput input = job_on(path);
  input.parameters["resolution"] = "native";
  ParameterReader reader(input.parameters);
  JobPlan plan = plan_job(input, reader);
  CHECK(plan.run.height == 32);
  settle_by_video(plan, path);
  CHECK(plan.run.height == 352);
  CHECK(plan.run.width == 1120);
  CHECK(plan.run.frame_stride == 1);
  CHECK_THROWS_AS(settle_by_video(plan, EngineFixture::get().path("nowhere.mkv")), EngineError);
}
