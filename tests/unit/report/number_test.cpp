#include "coordinator/report/print/number.h"

#include <catch2/catch.hpp>
#include <cmath>
#include <limits>

using namespace cox::report;

TEST_CASE("a metric is shown with the digits that carry meaning") {
  CHECK(readable_number("psnr", 23.456) == "23.46");
  CHECK(readable_number("psnr_mean", 23.456) == "23.46");
  CHECK(readable_number("ssim", 0.81234) == "0.8123");
  CHECK(readable_number("lpips", 0.2) == "0.2000");
  CHECK(readable_number("train_s", 3.14159) == "3.14");
  CHECK(readable_number("train_s", 80.44) == "80.4");
  CHECK(readable_number("lr", 1e-5) == "1e-05");
  CHECK(readable_number("psnr", std::numeric_limits<double>::infinity()) == "inf");
  CHECK(readable_number("psnr", std::nan("")) == "nan");
}

TEST_CASE("a value that does not exist is a dash, not a zero") {
  CHECK(readable_cell("psnr", std::monostate{}) == "-");
  CHECK(readable_cell("n", std::int64_t{0}) == "0");
}

TEST_CASE("a duration has two units at most") {
  CHECK(readable_duration(-3) == "0.0 s");
  CHECK(readable_duration(4.25) == "4.2 s");
  CHECK(readable_duration(9.97) == "10 s");
  CHECK(readable_duration(59.4) == "59 s");
  CHECK(readable_duration(59.7) == "1 min 00 s");
  CHECK(readable_duration(200) == "3 min 20 s");
  CHECK(readable_duration(2 * 3600 + 5 * 60) == "2 h 05 min");
  CHECK(readable_duration(3 * 86400 + 4 * 3600 + 59) == "3 d 4 h");
}

TEST_CASE("bytes are shown in the unit that keeps them short") {
  CHECK(readable_bytes(0) == "0 B");
  CHECK(readable_bytes(1023) == "1023 B");
  CHECK(readable_bytes(1536) == "1.5 KiB");
  CHECK(readable_bytes(std::int64_t{5} << 40) == "5.0 TiB");
}
