#include "cli/output/drawing.h"

#include <catch2/catch.hpp>

#include "coordinator/report/figures/svg.h"

using namespace cox;
using cli::ImageFormat;

namespace {

/// 40 x 20 pixels with a red square of 10 x 10 in the upper left corner.
std::string red_corner() {
  report::Svg svg(40, 20, "a corner");
  svg.rectangle({0, 0}, 10, 10, report::look::kMark, "", "#ff0000");
  return svg.document();
}

/// A big-endian number of a PNG's header.
std::uint32_t number_at(const std::string& bytes, std::size_t at) {
  std::uint32_t number = 0;
  for (std::size_t i = 0; i < 4; ++i) {
    number = number << 8 | static_cast<unsigned char>(bytes.at(at + i));
  }
  return number;
}

}  // namespace

TEST_CASE("a file's name determines its format", "[drawing]") {
  CHECK(cli::image_format_of("a.svg").value() == ImageFormat::kSvg);
  CHECK(cli::image_format_of("b/A.PNG").value() == ImageFormat::kPng);
  CHECK(cli::image_format_of("a.svg.pdf").value() == ImageFormat::kPdf);
  CHECK(cli::image_format_of("a.gif").status().message().find(".svg, .png or .pdf") !=
        std::string::npos);
}

TEST_CASE("a PNG has two pixels for each of the figure", "[drawing]") {
  const std::string png = cli::drawn(red_corner(), ImageFormat::kPng).value();
  CHECK(png.substr(1, 3) == "PNG");
  CHECK(number_at(png, 16) == 80);
  CHECK(number_at(png, 20) == 40);
}

TEST_CASE("a PDF file is a valid PDF and stores text as text", "[drawing]") {
  report::Svg svg(200, 20, "words");
  svg.text({0, 12}, "words that are not drawn as curves");
  const std::string pdf = cli::drawn(svg.document(), ImageFormat::kPdf).value();
  CHECK(pdf.substr(0, 5) == "%PDF-");
  CHECK(pdf.find("/Font") != std::string::npos);
  CHECK(pdf.find("%%EOF") != std::string::npos);
}

TEST_CASE("pixels are those of the drawing, on black", "[drawing]") {
  const video::RgbImage image = cli::pixels_of(red_corner()).value();
  REQUIRE(image.width == 40);
  REQUIRE(image.height == 20);
  CHECK(std::vector<std::uint8_t>(image.row(5) + 15, image.row(5) + 18) ==
        std::vector<std::uint8_t>{255, 0, 0});
  CHECK(std::vector<std::uint8_t>(image.row(15) + 60, image.row(15) + 63) ==
        std::vector<std::uint8_t>{0, 0, 0});
}

TEST_CASE("what is not SVG is refused", "[drawing]") {
  CHECK(cli::drawn("<html>", ImageFormat::kPng).status().code() == StatusCode::kInternal);
}
