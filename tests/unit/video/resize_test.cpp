#include "engine/video/resize.h"

#include <catch2/catch.hpp>
#include <cstdint>

#include "base/status.h"

using namespace cox::video;

namespace {

std::uint32_t crc32_of(const RgbImage& image) {
  std::uint32_t crc = ~0u;
  for (const std::uint8_t byte : image.pixels) {
    crc ^= byte;
    for (int bit = 0; bit < 8; ++bit) crc = (crc >> 1) ^ ((crc & 1) != 0 ? 0xEDB88320u : 0);
  }
  return ~crc;
}

RgbImage golden_source(int width, int height) {
  RgbImage image(width, height);
  for (int y = 0; y < height; ++y) {
    for (int x = 0; x < width; ++x) {
      for (int c = 0; c < 3; ++c) {
        image.row(y)[3 * x + c] =
            static_cast<std::uint8_t>(7 * x + 13 * y + 29 * c + ((x * y) % 251));
      }
    }
  }
  return image;
}

std::vector<int> one_row(int width) {
  const std::uint8_t levels[] = {0, 255, 0, 255, 10, 20, 200, 100};
  RgbImage image(8, 1);
  for (int x = 0; x < 8; ++x) {
    for (int c = 0; c < 3; ++c) image.pixels[static_cast<std::size_t>(3 * x + c)] = levels[x];
  }
  const RgbImage resized = resize(image, width, 1, ResizeFilter::kLanczos, PilOrder::kV12);
  std::vector<int> row;
  for (int x = 0; x < width; ++x) row.push_back(resized.pixels[static_cast<std::size_t>(3 * x)]);
  return row;
}

}  // namespace

TEST_CASE("Lanczos to 832x480 equals Pillow 12 and Pillow 13 byte for byte") {
  struct Golden {
    int width, height;
    std::uint32_t source, v12, v13;
  };
  // CRC-32 of Pillow's output on the same closed-form picture.
  const Golden cases[] = {{320, 240, 0x7d5a2f67, 0xa9977d2c, 0xa9977d2c},
                          {1280, 720, 0x6cceaf30, 0xaa3d0e67, 0xaa3d0e67},
                          {854, 480, 0xb324d6f2, 0x71c81f05, 0x71c81f05},
                          {640, 480, 0x38f60158, 0x566ecb70, 0x566ecb70},
                          {720, 1280, 0xd62a2f64, 0x7372f980, 0x21eb4b52}};
  for (const Golden& golden : cases) {
    const RgbImage source = golden_source(golden.width, golden.height);
    INFO(golden.width << "x" << golden.height);
    CHECK(crc32_of(source) == golden.source);
    CHECK(crc32_of(resize(source, 832, 480, ResizeFilter::kLanczos, PilOrder::kV12)) == golden.v12);
    CHECK(crc32_of(resize(source, 832, 480, ResizeFilter::kLanczos, PilOrder::kV13)) == golden.v13);
  }
}

TEST_CASE("One row shrinks and grows to Pillow's numbers") {
  CHECK(one_row(5) == std::vector<int>{101, 140, 106, 53, 156});
  CHECK(one_row(13) == std::vector<int>{0, 120, 254, 66, 40, 242, 170, 0, 0, 94, 199, 152, 84});
}

TEST_CASE("A picture of the asked size is copied") {
  const RgbImage source = golden_source(31, 17);
  CHECK(resize(source, 31, 17, ResizeFilter::kBicubic, PilOrder::kV13) == source);
}

TEST_CASE("A flat picture stays flat under every filter") {
  RgbImage flat(37, 23);
  for (std::uint8_t& level : flat.pixels) level = 201;
  for (const ResizeFilter filter :
       {ResizeFilter::kBilinear, ResizeFilter::kBicubic, ResizeFilter::kLanczos}) {
    const RgbImage resized = resize(flat, 50, 11, filter, PilOrder::kV12);
    CHECK(resized.width == 50);
    CHECK(resized.height == 11);
    for (const std::uint8_t level : resized.pixels) REQUIRE(level == 201);
  }
}

TEST_CASE("crop and pad equal Pillow 12.3 and 13.0 byte for byte") {
  struct Golden {
    int width, height, to_width, to_height;
    std::uint32_t crop, pad;
  };
  // CRC-32 of Image.crop + Image.resize and of ImageOps.pad on the closed-form picture, LANCZOS.
  const Golden cases[] = {
      {320, 240, 832, 480, 0xcb332ca4, 0x7a04426e},  {320, 240, 96, 64, 0x8da436bb, 0xe9aa8a39},
      {1280, 720, 832, 480, 0xac20f39e, 0xbc5fb4ab}, {1280, 720, 96, 64, 0x54eaa804, 0x7a254106},
      {720, 1280, 832, 480, 0xd15d1163, 0xbc21bc13}, {720, 1280, 96, 64, 0x542a7fea, 0x05ed8e0e},
      {854, 480, 832, 480, 0x7516f8d7, 0x97f2bda3},  {854, 480, 96, 64, 0xd97525f1, 0xd6614e9b},
      {33, 47, 832, 480, 0xc2121bb3, 0xa7064ec1},    {33, 47, 96, 64, 0x05fa398a, 0x0585c661}};
  for (const Golden& golden : cases) {
    const RgbImage source = golden_source(golden.width, golden.height);
    INFO(golden.width << "x" << golden.height << " to " << golden.to_width);
    for (const PilOrder order : {PilOrder::kV12, PilOrder::kV13}) {
      const auto fitted = [&](Fit fit) {
        return resize_to_fit(source, golden.to_width, golden.to_height, fit, ResizeFilter::kLanczos,
                             order);
      };
      CHECK(crc32_of(fitted(Fit::kCrop)) == golden.crop);
      CHECK(crc32_of(fitted(Fit::kPad)) == golden.pad);
      CHECK(fitted(Fit::kStretch) ==
            resize(source, golden.to_width, golden.to_height, ResizeFilter::kLanczos, order));
    }
  }
}
