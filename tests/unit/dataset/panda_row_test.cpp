#include "coordinator/dataset/panda_row.h"

#include <catch2/catch.hpp>

#include "coordinator/dataset/rank.h"

using namespace cox::dataset;

namespace {

const std::vector<std::string> kHeader = {"videoID", "url", "timestamp", "caption",
                                          "matching_score"};

std::string refusal(const std::string& timestamps, const std::string& captions) {
  const auto columns = panda_columns(kHeader);
  REQUIRE(columns.is_ok());
  const auto row = parse_panda_row({"ID", "url", timestamps, captions, "[0.5]"}, *columns);
  REQUIRE_FALSE(row.is_ok());
  return row.status().message();
}

}  // namespace

TEST_CASE("Timestamps are kept in whole milliseconds in every published spelling") {
  CHECK(parse_timestamp_ms("0:00:16.300") == 16300);
  CHECK(parse_timestamp_ms("01:02:03.004") == 3723004);
  CHECK(parse_timestamp_ms("1:05.5") == 65500);
  CHECK(parse_timestamp_ms("12.25") == 12250);
  for (const char* wrong : {"", "1:60.0", "a", "1:2:3:4", "-1", "1.5:00", "0:0:5x"}) {
    INFO(wrong);
    CHECK_FALSE(parse_timestamp_ms(wrong).has_value());
  }
}

TEST_CASE("A row gives one clip for each list entry") {
  auto header = kHeader;
  header.push_back("desirable_filtering");
  header.push_back("shot_boundary_detection");
  const auto columns = panda_columns(header);
  REQUIRE(columns.is_ok());
  const auto row = parse_panda_row(
      {"2VcOUDaJcnk", "https://www.youtube.com/watch?v=2VcOUDaJcnk",
       "[['0:00:16.300', '0:00:32.566'], ['0:00:40.000', '0:00:44.000']]",
       "['A man rides.', \"It's raining\"]", "[0.45, 0.47]",
       "['desirable', '2_tiny_camera_movement']",
       "[[['0:00:00.000', '0:00:16.266']], [['0:00:00.000', '0:00:02.000'], ['0:00:02.000', "
       "'0:00:04.000']]]"},
      *columns);
  INFO(row.status().message());
  REQUIRE(row.is_ok());
  REQUIRE(row->clips.size() == 2);
  CHECK(row->clips[0].start_ms == 16300);
  CHECK(row->clips[0].desirable == "desirable");
  CHECK(row->clips[0].shots == 1);
  CHECK(row->clips[1].caption == "It's raining");
  CHECK(row->clips[1].shots == 2);
}

TEST_CASE("A row whose lists disagree, or whose entries are wrong, is refused with the column") {
  CHECK(refusal("[['0:00:01.000', '0:00:02.000']]", "['a', 'b']").find("caption has 2 entries") !=
        std::string::npos);
  CHECK(refusal("[['0:00:02.000', '0:00:01.000']]", "['a']").find("start before end") !=
        std::string::npos);
  CHECK(refusal("[['0:00:01.000']]", "['a']").find("pairs") != std::string::npos);
  CHECK(refusal("[['0:00:01.000', '0:00:02.000']]", "[1]").find("caption: not a string") !=
        std::string::npos);
  CHECK(refusal("[['0:00:01.000', '0:00:02.000']]", "['a").find("column caption") !=
        std::string::npos);
  CHECK_FALSE(panda_columns({"videoID", "url", "caption"}).is_ok());
  auto header = kHeader;
  header.insert(header.end(), {"", ""});
  CHECK(panda_columns(header).status().message() == "two columns of the first line are named ''");
}

TEST_CASE("The draw's order has the published check values") {
  CHECK(rank_digest("panda70m", 42, "2VcOUDaJcnk\t56").substr(0, 16) == "50ac5e3796f0cd5f");
  CHECK(rank_digest("panda70m", 42, "A\t0").substr(0, 16) == "428b1e64e9b6663c");
}
