#include "coordinator/cluster/time_text.h"

#include <catch2/catch.hpp>

using namespace cox::cluster;

TEST_CASE("time limits are read in each form that Slurm has") {
  const auto seconds = [](const char* text) -> long {
    const auto limit = parse_time_limit(text);
    return limit ? static_cast<long>(limit->count()) : -1;
  };
  CHECK(seconds("90") == 90 * 60);
  CHECK(seconds("90:30") == 90 * 60 + 30);
  CHECK(seconds("4:00:00") == 4 * 3'600);
  CHECK(seconds("2-12") == 60 * 3'600);
  CHECK(seconds("2-12:30") == 60 * 3'600 + 30 * 60);
  CHECK(seconds("1-00:00:01") == 86'401);
  for (const char* wrong : {"", "0", "-5", "4h", "1:2:3:4", "1-2-3", "infinite", "99999999",
                            "1:", ":1", "1-", "500-0", "1.5"}) {
    INFO(wrong);
    CHECK(seconds(wrong) == -1);
  }
}

TEST_CASE("a time limit is written in a form that reads back") {
  for (const long limit : {1L, 59L, 60L, 3'600L, 86'399L, 86'400L, 90'061L}) {
    CHECK(parse_time_limit(time_limit_text(std::chrono::seconds(limit)))->count() == limit);
  }
  CHECK(time_limit_text(std::chrono::seconds(90'061)) == "1-01:01:01");
}
