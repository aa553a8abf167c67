#include <catch2/catch.hpp>
#include <cstring>
#include <fstream>
#include <string>

#include "crc32.h"
#include "engine/video/color.h"

using namespace cox::video;

namespace {

constexpr int kWidth = 256;
constexpr int kLevels = 52;  ///< of chroma: 0, 5, ..., 255
constexpr int kPairs = kLevels * kLevels;

/// The planes of `color_planes` in tests/parity/fixtures/make_video.py.
FramePtr color_frame(AVPixelFormat format) {
  FramePtr frame(av_frame_alloc());
  frame->format = format;
  frame->width = kWidth;
  frame->height = format == AV_PIX_FMT_YUV420P ? 2 * kPairs : kPairs;
  REQUIRE(av_frame_get_buffer(frame.get(), 0) == 0);
  for (int row = 0; row < frame->height; ++row) {
    std::uint8_t* luma = frame->data[0] + row * frame->linesize[0];
    for (int column = 0; column < kWidth; ++column) {
      luma[column] = static_cast<std::uint8_t>(row + column);
    }
  }
  for (int row = 0; row < kPairs; ++row) {
    std::uint8_t* blue = frame->data[1] + row * frame->linesize[1];
    std::uint8_t* red = frame->data[2] + row * frame->linesize[2];
    for (int column = 0; column < kWidth / 2; ++column) {
      blue[column] = static_cast<std::uint8_t>(5 * ((row / kLevels + column) % kLevels));
      red[column] = static_cast<std::uint8_t>(5 * ((row + 2 * column) % kLevels));
    }
  }
  return frame;
}

std::uint32_t crc_of(const AVFrame& frame) {
  StreamFacts facts;
  facts.width = frame.width;
  facts.height = frame.height;
  Crc32 crc;
  crc.update(RgbConverter(facts, ColorRule::kTagged).convert(frame).pixels);
  return crc.value();
}

}  // namespace

// Fixture: tests/parity/fixtures/make_video.py colors. Our own conversion, so on any processor.
TEST_CASE("Under each matrix and range, every luma with all kinds of chroma equals PyAV 18.1") {
  std::ifstream lines(COX_SOURCE_DIR "/tests/parity/fixtures/video/pyav_colors.txt");
  std::string format;
  int matrix = 0, range = 0, compared = 0;
  std::uint32_t expected = 0;
  while (lines >> format >> std::dec >> matrix >> range >> std::hex >> expected) {
    INFO(format << " matrix " << matrix << " range " << range);
    const FramePtr frame =
        color_frame(format == "yuv420p" ? AV_PIX_FMT_YUV420P : AV_PIX_FMT_YUV422P);
    frame->colorspace = static_cast<AVColorSpace>(matrix);
    frame->color_range = static_cast<AVColorRange>(range);
    CHECK(crc_of(*frame) == expected);
    ++compared;
  }
  CHECK(compared == 24);
}
