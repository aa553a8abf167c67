#include <catch2/catch.hpp>

#include "tree.h"

using namespace cox;
using namespace cox::dataset;
using Names = std::vector<std::string>;

namespace {

constexpr const char* kCsv =
    "videoID,url,timestamp,caption,matching_score\n"
    "aaaaaaaaaaa,https://www.youtube.com/watch?v=aaaaaaaaaaa,"
    "\"[['0:00:01.000', '0:00:03.000'], ['0:00:05.000', '0:00:15.000']]\","
    "\"['A dog runs.', \"\"It's a cat\"\"]\",\"[0.4, 0.5]\"\n"
    "-bbbbbbbbb_,https://www.youtube.com/watch?v=-bbbbbbbbb_,"
    "\"[['0:00:01.000', '0:00:09.000']]\",\"['A boat.']\",[0.4]\n"
    "ccccccccccc,https://www.youtube.com/watch?v=ccccccccccc,"
    "\"[['0:00:01.000', '0:00:09.000']]\",\"['one', 'two']\",[0.4]\n"
    "ddddddddddd,https://www.youtube.com/watch?v=ddddddddddd,"
    "\"[['0:00:01.000', '0:00:09.000']]\",\"['Gone.']\",[0.4]\n";

IndexOptions panda_options(const Tree& tree) {
  tree.text("panda.csv", kCsv);
  IndexOptions options;
  options.layout = "panda70m";
  options.list_file = tree.root() + "/panda.csv";
  return options;
}

}  // namespace

TEST_CASE("Clips are found in every published file form, and rows that disagree are listed") {
  const Tree tree;
  tree.clip("aaaaaaaaaaa_0.mp4", 5);                                // flat
  tree.clip("part_1/aaaaaaaaaaa/aaaaaaaaaaa_segment_1.mp4", 6, 1);  // Open-Sora-Plan
  tree.clip("00000/0000003_00000.mp4", 7, 2);                       // video2dataset
  tree.text(
      "00000/0000003_00000.json",
      "{\"key\": \"0000003_00000\", \"url\": \"https://www.youtube.com/watch?v=-bbbbbbbbb_\"}");
  tree.clip("unrelated.mp4", 5, 3);
  const Manifest manifest = tree.index(panda_options(tree));
  CHECK(ids(manifest) == Names{"aaaaaaaaaaa_0", "aaaaaaaaaaa_1", "-bbbbbbbbb__0"});
  CHECK(manifest.videos[1].caption == "It's a cat");
  CHECK(manifest.videos[1].frames == 6);
  CHECK(manifest.videos[2].caption == "A boat.");
  CHECK(manifest.videos[2].caption_source == "csv");
  CHECK(reasons(manifest) == Names{"ccccccccccc: bad_row", "ddddddddddd_0: missing"});
  CHECK(manifest.rejected[0].message.find("panda.csv:4") != std::string::npos);
  CHECK(manifest.rejected[0].message.find("caption has 2 entries") != std::string::npos);
}

TEST_CASE("A drawn sample holds one clip of each source and names the skipped ones") {
  const Tree tree;
  tree.clip("aaaaaaaaaaa.0.mp4", 5);
  tree.clip("aaaaaaaaaaa.1.mp4", 5, 1);
  tree.clip("-bbbbbbbbb_.0.mp4", 5, 2);
  IndexOptions options = panda_options(tree);
  options.sample = 3;
  const Manifest manifest = tree.index(options);
  CHECK(manifest.videos.size() == 2);
  int same_source = 0;
  for (const auto& rejected : manifest.rejected) same_source += rejected.reason == "same_source";
  CHECK(same_source == 1);
}

TEST_CASE("What is asked of a clip is applied before the draw and written down") {
  const Tree tree;
  tree.clip("aaaaaaaaaaa_0.mp4", 5);
  tree.clip("aaaaaaaaaaa_1.mp4", 5, 1);
  IndexOptions options = panda_options(tree);
  options.min_duration_ms = 4000;
  const Manifest manifest = tree.index(options);
  CHECK(ids(manifest) == Names{"aaaaaaaaaaa_1"});
  CHECK(manifest.filters == Names{"caption is not empty", "duration >= 4000 ms"});
  options.single_shot_only = true;
  CHECK(tree.refusal(options).find("shot_boundary_detection") != std::string::npos);
}

TEST_CASE("A missing list, a repeated clip and a file that is not such a CSV are rejected") {
  const Tree tree;
  tree.clip("aaaaaaaaaaa_0.mp4", 5);
  IndexOptions options = panda_options(tree);
  options.list_file = "";
  CHECK(tree.refusal(options).find("needs its CSV") != std::string::npos);
  tree.text("other.csv", "a,b\n1,2\n");
  options.list_file = tree.root() + "/other.csv";
  CHECK(tree.refusal(options).find("no column 'videoID'") != std::string::npos);
  tree.clip("copy/aaaaaaaaaaa.0.mp4", 5);
  CHECK(tree.refusal(options).find("are both clip 0 of aaaaaaaaaaa") != std::string::npos);
}

TEST_CASE("Clips are found as the downloader of Panda-70M writes them, by source and times") {
  const Tree tree;
  // The first clip of the row failed to cut, so that the downloader's numbers are one behind.
  tree.clip("00000/0000000_00000.mp4", 5);
  tree.text(
      "00000/0000000_00000.json",
      "{\"url\": \"https://www.youtube.com/watch?v=aaaaaaaaaaa\", \"caption\": \"It's a cat\", "
      "\"matching_score\": \"0.5\", \"clips\": \"[('00:00:05.000', '00:00:15.000')]\", "
      "\"key\": \"0000000_00000\", \"status\": \"success\", \"error_message\": null}");
  tree.text("00000/0000000_00000.txt", "It's a cat");
  tree.clip("00000/0000001_00000.mp4", 6, 1);
  tree.text("00000/0000001_00000.json",
            "{\"url\": \"https://youtu.be/-bbbbbbbbb_\", \"clips\": [[1.0, 9.0]]}");
  tree.clip("00000/0000002_00000.mp4", 6, 2);
  tree.text("00000/0000002_00000.txt", "No json.");
  const Manifest manifest = tree.index(panda_options(tree));
  CHECK(ids(manifest) == Names{"aaaaaaaaaaa_1", "-bbbbbbbbb__0"});
  CHECK(manifest.videos[0].caption == "It's a cat");
  CHECK(reasons(manifest) == Names{"00000/0000002_00000: unknown_source", "ccccccccccc: bad_row",
                                   "aaaaaaaaaaa_0: missing", "ddddddddddd_0: missing"});
  CHECK(manifest.rejected[3].message.find(
            "looked for ddddddddddd_0.*, ddddddddddd.0.*, ddddddddddd_segment_0.*") !=
        std::string::npos);
}

TEST_CASE("A byte-order mark in the CSV hides no column") {
  const Tree tree;
  tree.clip("aaaaaaaaaaa_0.mp4", 5);
  IndexOptions options = panda_options(tree);
  tree.text("panda.csv", std::string("\xEF\xBB\xBF") + kCsv);
  CHECK(ids(tree.index(options)) == Names{"aaaaaaaaaaa_0"});
}

TEST_CASE("A CSV that is not UTF-8 is refused with file, byte and line") {
  const Tree tree;
  tree.clip("aaaaaaaaaaa_0.mp4", 5);
  IndexOptions options = panda_options(tree);
  tree.text("panda.csv",
            "videoID,url,timestamp,caption,matching_score\n"
            "aaaaaaaaaaa,u,\"[['0:00:01.000', '0:00:03.000']]\",\"['A caf\xE9.']\",[1]\n");
  CHECK(tree.refusal(options).find("panda.csv': expected UTF-8 text, got 0xE9 at byte") !=
        std::string::npos);
  // An escape of Python that no prompt can hold.
  tree.text("panda.csv",
            "videoID,url,timestamp,caption,matching_score\n"
            "aaaaaaaaaaa,u,\"[['0:00:01.000', '0:00:03.000']]\",\"['A \\x00 b']\",[1]\n");
  CHECK(reasons(tree.index(options)) == Names{"aaaaaaaaaaa: bad_row"});
}
