#include "engine/video/planar_yuv.h"

#include <algorithm>
#include <catch2/catch.hpp>
#include <cmath>

using namespace cox::video;

namespace {

// BT.709: R = Y + 2 (1 - kr) V and so on, in units of luma 0 to 255 and chroma -112 to 112.
constexpr double kRedWeight = 0.2126, kBlueWeight = 0.0722;
constexpr double kChromaSpan = 255.0 / 224.0;
const double kRedV = 2 * (1 - kRedWeight) * kChromaSpan;
const double kBlueU = 2 * (1 - kBlueWeight) * kChromaSpan;
const double kGreenU = kBlueU * kBlueWeight / (1 - kRedWeight - kBlueWeight);
const double kGreenV = kRedV * kRedWeight / (1 - kRedWeight - kBlueWeight);

YuvMatrix bt709() {
  const auto fixed = [](double coefficient) { return std::llround(coefficient * 65536); };
  return {fixed(kRedV), fixed(kBlueU), fixed(kGreenU), fixed(kGreenV)};
}

RgbImage pixel_of(std::uint8_t y, std::uint8_t u, std::uint8_t v, bool full_range) {
  const std::uint8_t luma[] = {y, y};
  const PlanarYuv picture{{luma, &u, &v}, {2, 1, 1}, true};
  return YuvToRgb(bt709(), full_range).convert(picture, 2, 1);
}

double clamped(double level) { return std::clamp(level, 0.0, 255.0); }

}  // namespace

TEST_CASE("Colors are within rounding of the real-valued formula, and never above it") {
  for (const bool full_range : {false, true}) {
    const double span = full_range ? 224.0 / 255.0 : 1;
    for (int y = 0; y < 256; y += 5) {
      for (int u = 0; u < 256; u += 15) {
        for (int v = 0; v < 256; v += 15) {
          INFO("y " << y << " u " << u << " v " << v << " full " << full_range);
          const double luma = full_range ? y : (y - 16) * 255.0 / 219.0;
          const double blue = (u - 128) * span, red = (v - 128) * span;
          const double exact[] = {clamped(luma + kRedV * red),
                                  clamped(luma - kGreenU * blue - kGreenV * red),
                                  clamped(luma + kBlueU * blue)};
          const RgbImage image =
              pixel_of(static_cast<std::uint8_t>(y), static_cast<std::uint8_t>(u),
                       static_cast<std::uint8_t>(v), full_range);
          // Two products rounded down in red and blue, three in green; coefficients of 13 bits.
          for (std::size_t channel = 0; channel < 3; ++channel) {
            const double lost = exact[channel] - image.pixels[channel];
            CHECK(lost > -0.1);
            CHECK(lost < (channel == 1 ? 3.0 : 2.0) + 0.1);
          }
        }
      }
    }
  }
}

TEST_CASE("Pixels share the chroma of their column pair, and of their row pair in 4:2:0 alone") {
  const std::uint8_t luma[16] = {100, 100, 100, 100, 100, 100, 100, 100,
                                 100, 100, 100, 100, 100, 100, 100, 100};
  const std::uint8_t blue[8] = {128, 128, 128, 128, 128, 128, 128, 128};
  const std::uint8_t red[8] = {60, 120, 80, 140, 100, 160, 110, 170};
  const YuvToRgb convert(bt709(), true);
  const auto red_at = [](const RgbImage& image, int x, int y) { return image.row(y)[3 * x]; };

  const RgbImage tall = convert.convert({{luma, blue, red}, {4, 2, 2}, false}, 4, 4);
  CHECK(red_at(tall, 0, 0) == red_at(tall, 1, 0));
  CHECK(red_at(tall, 1, 0) != red_at(tall, 2, 0));
  CHECK(red_at(tall, 0, 0) != red_at(tall, 0, 1));

  const RgbImage even = convert.convert({{luma, blue, red}, {4, 2, 2}, true}, 4, 4);
  CHECK(red_at(even, 0, 0) == red_at(even, 1, 1));
  CHECK(red_at(even, 0, 1) != red_at(even, 0, 2));
  CHECK(red_at(even, 2, 2) == red_at(tall, 2, 1));
}
