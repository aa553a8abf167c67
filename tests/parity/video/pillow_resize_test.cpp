#include <catch2/catch.hpp>
#include <cstdint>
#include <fstream>
#include <map>
#include <string>

#include "crc32.h"
#include "engine/video/resize.h"

using namespace cox::video;

namespace {

std::uint32_t crc32_of(const RgbImage& image) {
  Crc32 crc;
  crc.update(image.pixels);
  return crc.value();
}

RgbImage closed_form_picture(int width, int height) {
  RgbImage image(width, height);
  for (int y = 0; y < height; ++y) {
    for (int x = 0; x < width; ++x) {
      for (int c = 0; c < 3; ++c) {
        image.row(y)[3 * x + c] =
            static_cast<std::uint8_t>(7 * x + 13 * y + 29 * c + (x * y) % 251);
      }
    }
  }
  return image;
}

}  // namespace

// Fixture: tests/parity/fixtures/make_metrics.py, Pillow 12.3.0.
TEST_CASE("Ninety resizes of odd shapes under three filters equal Pillow 12.3 byte for byte") {
  const std::map<std::string, ResizeFilter> filters = {{"bilinear", ResizeFilter::kBilinear},
                                                       {"bicubic", ResizeFilter::kBicubic},
                                                       {"lanczos", ResizeFilter::kLanczos}};
  std::ifstream lines(COX_SOURCE_DIR "/tests/parity/fixtures/metrics/pillow_12_resize.txt");
  std::string filter;
  int in_width, in_height, out_width, out_height;
  std::uint32_t crc;
  int compared = 0;
  while (lines >> filter >> std::dec >> in_width >> in_height >> out_width >> out_height >>
         std::hex >> crc) {
    INFO(filter << " " << in_width << "x" << in_height << " to " << out_width << "x" << out_height);
    const RgbImage resized = resize(closed_form_picture(in_width, in_height), out_width, out_height,
                                    filters.at(filter), PilOrder::kV12);
    CHECK(crc32_of(resized) == crc);
    ++compared;
  }
  CHECK(compared == 90);
}
