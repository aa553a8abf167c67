#include <catch2/catch.hpp>

#include "tree.h"

using namespace cox;
using namespace cox::dataset;
using Names = std::vector<std::string>;

namespace {
IndexOptions ucf_options(const std::string& list = "") {
  IndexOptions options;
  options.layout = "ucf101";
  options.list_file = list;
  return options;
}
}  // namespace

TEST_CASE("Class folders give captions from class names, with and without a split list") {
  const Tree tree;
  tree.clip("ApplyEyeMakeup/v_ApplyEyeMakeup_g01_c01.avi", 5);
  tree.clip("ApplyEyeMakeup/v_ApplyEyeMakeup_g08_c01.avi", 5, 1);
  // The published folder spells the class another way than the file.
  tree.clip("HandstandPushups/v_HandStandPushups_g01_c01.avi", 5, 2);
  CHECK(tree.index(ucf_options()).videos.size() == 3);

  tree.text("testlist01.txt",
            "ApplyEyeMakeup/v_ApplyEyeMakeup_g01_c01.avi\r\n"
            "HandStandPushups/v_HandStandPushups_g01_c01.avi\r\n\r\n");
  const Manifest manifest = tree.index(ucf_options(tree.root() + "/testlist01.txt"));
  // The list's class folder differs in case only within the folder's name.
  CHECK(ids(manifest) == Names{"v_ApplyEyeMakeup_g01_c01", "v_HandStandPushups_g01_c01"});
  CHECK(manifest.videos[0].caption == "apply eye makeup");
  CHECK(manifest.videos[0].caption_source == "class_name");
  CHECK(manifest.videos[1].caption == "handstand push-ups");
  CHECK(manifest.list_file == "testlist01.txt");
  CHECK(manifest.list_sha256.size() == 64);
}

TEST_CASE("Training lists carry a class number; entries without a file are listed as missing") {
  const Tree tree;
  tree.clip("YoYo/v_YoYo_g08_c01.avi", 5);
  tree.text("trainlist01.txt", "YoYo/v_YoYo_g08_c01.avi 101\nYoYo/v_YoYo_g08_c02.avi 101\n");
  const Manifest manifest = tree.index(ucf_options(tree.root() + "/trainlist01.txt"));
  CHECK(ids(manifest) == Names{"v_YoYo_g08_c01"});
  CHECK(reasons(manifest) == Names{"v_YoYo_g08_c02: missing"});
  CHECK(manifest.rejected[0].caption == "yo-yo");
}

TEST_CASE("Captions come from a template or a table of sentences, which the manifest records") {
  const Tree tree;
  tree.clip("BabyCrawling/v_BabyCrawling_g01_c01.avi", 5);
  IndexOptions options = ucf_options();
  options.caption_template = "a person performing {joined}";
  CHECK(tree.index(options).videos[0].caption == "a person performing babycrawling");
  CHECK(tree.index(options).videos[0].caption_source == "template: a person performing {joined}");
  tree.text("captions.tsv", "BabyCrawling\ta baby crawling on the floor\r\n");
  options.caption_file = tree.root() + "/captions.tsv";
  CHECK(tree.index(options).videos[0].caption == "a baby crawling on the floor");
  CHECK(tree.index(options).videos[0].caption_source == "class_file: captions.tsv");
  tree.text("captions.tsv", "YoYo\ta yo-yo\n");
  CHECK(tree.refusal(options).find("no line for class 'BabyCrawling'") != std::string::npos);
}

TEST_CASE("A line that is not an entry is rejected with its number") {
  const Tree tree;
  tree.clip("YoYo/v_YoYo_g08_c01.avi", 5);
  tree.text("list.txt", "YoYo/v_YoYo_g08_c01.avi\nYoYo v_YoYo_g08_c01.avi\n");
  CHECK(tree.refusal(ucf_options(tree.root() + "/list.txt")).find("list.txt:2") !=
        std::string::npos);
}

TEST_CASE("A byte-order mark in a split list or a caption table hides no entry") {
  const Tree tree;
  tree.clip("YoYo/v_YoYo_g08_c01.avi", 5);
  tree.text("list.txt", "\xEF\xBB\xBFYoYo/v_YoYo_g08_c01.avi 1\n");
  IndexOptions options = ucf_options(tree.root() + "/list.txt");
  tree.text("captions.tsv", "\xEF\xBB\xBFYoYo\ta yo-yo spins\n");
  options.caption_file = tree.root() + "/captions.tsv";
  const Manifest manifest = tree.index(options);
  CHECK(ids(manifest) == Names{"v_YoYo_g08_c01"});
  CHECK(manifest.videos[0].caption == "a yo-yo spins");
  tree.text("captions.tsv", "YoYo\ta yo-y\xF6\n");
  CHECK(tree.refusal(options).find("captions.tsv': expected UTF-8 text, got 0xF6 at byte 11") !=
        std::string::npos);
}

TEST_CASE("The error for an entry without a file lists the names that were looked for") {
  const Tree tree;
  tree.clip("YoYo/v_YoYo_g08_c01.avi", 5);
  tree.text("list.txt", "YoYo/v_YoYo_g08_c02.avi\n");
  const Manifest manifest = tree.index(ucf_options(tree.root() + "/list.txt"));
  REQUIRE(manifest.rejected.size() == 1);
  CHECK(manifest.rejected[0].message.find("looked for YoYo/v_YoYo_g08_c02.avi") !=
        std::string::npos);
}
