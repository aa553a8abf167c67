#include <algorithm>
#include <catch2/catch.hpp>
#include <filesystem>

#include "base/file.h"
#include "tree.h"

using namespace cox;
using namespace cox::dataset;
using Names = std::vector<std::string>;

namespace {
IndexOptions folder_options() {
  IndexOptions options;
  options.layout = "folder";
  return options;
}
}  // namespace

TEST_CASE("A folder's clips are listed with what they are, and unusable ones with the reason") {
  const Tree tree;
  tree.clip("good.mp4", 12);
  tree.text("good.txt", "it's a clip\r\n");
  tree.clip("deep/nested.avi", 9);
  tree.truncated_clip("cut.mp4");
  tree.text("zero.mp4", "");
  tree.clip("short.mp4", 3);
  tree.text("notes.md", "no video");
  tree.clip(".hidden.mp4", 3);
  IndexOptions options = folder_options();
  options.min_frames = 9;
  const Manifest manifest = tree.index(options);
  CHECK(ids(manifest) == Names{"deep_nested", "good"});
  CHECK(reasons(manifest) ==
        Names{"cut: corrupt_container", "short: too_short", "zero: corrupt_container"});
  const ManifestVideo& good = manifest.videos.at(1);
  CHECK(good.caption == "it's a clip");
  CHECK(good.caption_source == "sidecar");
  CHECK(good.frames == 12);
  CHECK(good.frame_rate == 25);
  CHECK(good.width == 32);
  CHECK(good.height == 16);
  CHECK(good.sha256.size() == 64);
  CHECK(good.pixel_format == "yuv420p");
  CHECK(manifest.name == std::filesystem::path(tree.root()).filename().string());
  for (const RejectedVideo& rejected : manifest.rejected) {
    CHECK(rejected.sha256.size() == 64);
    CHECK(rejected.message.find(rejected.path) != std::string::npos);
  }
  CHECK(manifest.rejected[1].message.find("3 frames and 9 are needed") != std::string::npos);
}

TEST_CASE("A damaged clip and an interlaced one are marked, and a sound one is not") {
  const std::string fixtures = COX_SOURCE_DIR "/tests/parity/fixtures/video/";
  const Tree tree;
  tree.clip("sound.mp4", 5);
  tree.text("fields.mp4", *read_file(fixtures + "interl264.mp4"));
  std::string bytes = *read_file(fixtures + "h264_bt709.mp4");  // 10 frames
  const std::size_t data = bytes.find("mdat") + 4;
  const std::size_t pictures_end = bytes.find("moov") - 4;
  REQUIRE(data < pictures_end);
  const std::size_t last_part = pictures_end - (pictures_end - data) / 6;
  std::fill(bytes.begin() + static_cast<std::ptrdiff_t>(last_part),
            bytes.begin() + static_cast<std::ptrdiff_t>(pictures_end), '\0');
  tree.text("wiped.mp4", bytes);
  const Manifest manifest = tree.index(folder_options());
  REQUIRE(ids(manifest) == Names{"fields", "sound", "wiped"});
  CHECK(manifest.videos[0].interlaced);
  CHECK(manifest.videos[0].remark.empty());
  CHECK_FALSE(manifest.videos[1].interlaced);
  CHECK(manifest.videos[1].remark.empty());
  CHECK(manifest.videos[2].frames < 10);
  CHECK_THAT(manifest.videos[2].remark, Catch::Contains("of the 10 frames"));
}

TEST_CASE("Options of another layout are refused by name instead of being ignored") {
  const Tree tree;
  tree.clip("good.mp4", 2);
  IndexOptions options = folder_options();
  options.root = tree.root();
  options.min_duration_ms = 99'999'999;
  options.desirable_only = true;
  options.caption_file = "captions.tsv";
  const Status status = index_dataset(options, {}).status();
  CHECK(status.code() == StatusCode::kInvalidArgument);
  CHECK(status.message() ==
        "layout folder does not use --min-duration-ms (of panda70m), --desirable-only (of "
        "panda70m), --caption-file (of ucf101); drop it");
  IndexOptions ucf;
  ucf.layout = "ucf101";
  ucf.root = tree.root();
  ucf.single_shot_only = ucf.captions_from_file_names = true;
  ucf.max_duration_ms = 5;
  CHECK(index_dataset(ucf, {}).status().message() ==
        "layout ucf101 does not use --max-duration-ms (of panda70m), --single-shot-only (of "
        "panda70m), --captions-from-file-names (of folder); drop it");
  IndexOptions panda;
  panda.layout = "panda70m";
  panda.root = tree.root();
  panda.caption_template = "a {class}";
  CHECK(index_dataset(panda, {}).status().message().find(
            "layout panda70m does not use --caption-template (of ucf101)") == 0);
}

TEST_CASE("A file's name becomes a caption only when asked for") {
  const Tree tree;
  tree.clip("a_red-ball.mp4", 2);
  IndexOptions options = folder_options();
  CHECK(tree.index(options).videos.at(0).caption == "");
  CHECK(tree.index(options).videos.at(0).caption_source == "none");
  options.captions_from_file_names = true;
  CHECK(tree.index(options).videos.at(0).caption == "a red ball");
  CHECK(tree.index(options).videos.at(0).caption_source == "file_name");
}

TEST_CASE("A sample is a seeded draw, and a smaller one begins a larger one") {
  const Tree tree;
  for (int i = 0; i < 8; ++i) tree.clip("c" + std::to_string(i) + ".mp4", 2, i);
  IndexOptions options = folder_options();
  options.seed = 1;
  options.sample = 8;
  const Names all = ids(tree.index(options));
  options.sample = 3;
  const Names three = ids(tree.index(options));
  CHECK(three == Names(all.begin(), all.begin() + 3));
  CHECK(all != ids(tree.index(folder_options())));
  options.seed = 2;
  options.sample = 8;
  CHECK(ids(tree.index(options)) != all);
}

TEST_CASE("An unusable candidate is skipped and the draw continues with the next") {
  const Tree tree;
  for (int i = 0; i < 4; ++i) tree.clip("c" + std::to_string(i) + ".mp4", 4, i);
  IndexOptions options = folder_options();
  options.sample = 2;
  const Names before = ids(tree.index(options));
  tree.text(before[0] + ".mp4", "broken now");
  const Manifest after = tree.index(options);
  CHECK(after.videos.size() == 2);
  CHECK(after.videos[0].id == before[1]);
  CHECK(reasons(after) == Names{before[0] + ": corrupt_container"});
}

TEST_CASE("Progress tells of every candidate") {
  const Tree tree;
  tree.clip("a.mp4", 2);
  tree.text("b.mp4", "");
  IndexOptions options = folder_options();
  options.root = tree.root();
  Names lines;
  REQUIRE(index_dataset(options, [&](const IndexProgress& p) {
            lines.push_back(p.id + " " + p.reason + " " + std::to_string(p.examined) + "/" +
                            std::to_string(p.candidates) + " " + std::to_string(p.accepted));
          }).is_ok());
  CHECK(lines == Names{"a  1/2 1", "b corrupt_container 2/2 1"});
}

TEST_CASE("Wrong folders, layouts, captions and names are refused with advice") {
  const Tree tree;
  IndexOptions options = folder_options();
  CHECK(tree.refusal(options).find("no videos of layout folder") != std::string::npos);
  CHECK(tree.refusal(options).find("image") == std::string::npos);
  tree.text("face.PNG", "");
  tree.text("deep/cat.webp", "");
  CHECK(tree.refusal(options).find(
            "; it has 2 images, which are not read as items: write each as a video of "
            "one frame") != std::string::npos);
  options.layout = "foldr";
  CHECK(tree.refusal(options).find("did you mean 'folder'") != std::string::npos);
  options = folder_options();
  options.root = tree.root() + "/gone";
  CHECK(index_dataset(options, nullptr).status().code() == StatusCode::kNotFound);
  tree.clip("a.mp4", 2);
  tree.text("a.txt", "one\ntwo\n");
  CHECK(tree.refusal(options = folder_options()).find("got several") != std::string::npos);
  tree.text("a.txt", "one");
  tree.clip("a.avi", 2);
  CHECK(tree.refusal(options).find("two videos would have the id 'a'") != std::string::npos);
}

TEST_CASE("A caption that is not UTF-8 is refused with file and byte, and a mark is removed") {
  const Tree tree;
  tree.clip("a.mp4", 2);
  tree.text("a.txt", "A caf\xE9.\n");
  CHECK(tree.refusal(folder_options()).find("a.txt': expected UTF-8 text, got 0xE9 at byte 5") !=
        std::string::npos);
  tree.text("a.txt", std::string("A\0 \0c\0", 6));
  CHECK(tree.refusal(folder_options())
            .find("a.txt': expected UTF-8 text, got a NUL byte at byte 1") != std::string::npos);
  tree.text("a.txt", "A \x1B[2J cat");
  CHECK(tree.refusal(folder_options()).find("control character") != std::string::npos);
  tree.text("a.txt",
            "\xEF\xBB\xBF"
            "A caf\xC3\xA9.\n");
  CHECK(tree.index(folder_options()).videos.at(0).caption == "A caf\xC3\xA9.");
}

TEST_CASE("Clips behind links are found under the names walked; broken links are missing clips") {
  const Tree tree;
  const Tree store;
  namespace fs = std::filesystem;
  store.clip("blob.mp4", 4);
  store.clip("more/inner.mp4", 5, 1);
  tree.clip("own.mp4", 6, 2);
  fs::create_symlink(store.root() + "/blob.mp4", tree.root() + "/linked.mp4");
  fs::create_symlink(store.root() + "/more", tree.root() + "/folder");
  fs::create_symlink(store.root() + "/gone.mp4", tree.root() + "/broken.mp4");
  fs::create_symlink(tree.root(), tree.root() + "/loop");
  const Manifest manifest = tree.index(folder_options());
  CHECK(ids(manifest) == Names{"folder_inner", "linked", "own"});
  CHECK(manifest.videos[0].path == tree.root() + "/folder/inner.mp4");
  CHECK(reasons(manifest) == Names{"loop: link_loop", "broken: missing"});
  CHECK(manifest.rejected[1].message.find("broken.mp4' is a link to '" + store.root() +
                                          "/gone.mp4', which does not exist") != std::string::npos);
}

TEST_CASE("Names that are not UTF-8 are left out by name and reason") {
  const Tree tree;
  tree.clip("good.mp4", 2);
  tree.clip("caf\xE9.mp4", 2, 1);
  tree.clip("caf\xE8.mp4", 2, 2);
  const Manifest manifest = tree.index(folder_options());
  CHECK(ids(manifest) == Names{"good"});
  CHECK(reasons(manifest) == Names{"caf\\xE8.mp4: name_not_utf8", "caf\\xE9.mp4: name_not_utf8"});
  REQUIRE(write_manifest(tree.root() + "/m.json", manifest) == Status::ok());
  CHECK(read_manifest(tree.root() + "/m.json").is_ok());
}

TEST_CASE("An id longer than the bound is left out by name and reason") {
  const Tree tree;
  const std::string part(100, 'x');
  const std::string name = part + "/" + part + "/" + part + "/" + part + "/" + part + "/a";
  tree.clip(name + ".mp4", 2);
  tree.clip("b.mp4", 2);
  const Manifest manifest = tree.index(folder_options());
  CHECK(ids(manifest) == Names{"b"});
  REQUIRE(manifest.rejected.size() == 1);
  CHECK(manifest.rejected[0].reason == "name_too_long");
  CHECK(manifest.rejected[0].message.find("expected an id of at most 400 bytes, got 506") !=
        std::string::npos);
}
