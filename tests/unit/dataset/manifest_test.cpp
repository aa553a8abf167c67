#include "coordinator/dataset/manifest.h"

#include <unistd.h>

#include <catch2/catch.hpp>
#include <filesystem>

#include "base/file.h"

using namespace cox;
using namespace cox::dataset;
namespace fs = std::filesystem;

namespace {

std::string scratch_folder() {
  const fs::path folder =
      fs::temp_directory_path() / ("cox_manifest_" + std::to_string(::getpid()));
  fs::create_directories(folder);
  return folder.string();
}

Manifest example(const std::string& folder) {
  ManifestVideo video;
  video.id = "a";
  video.path = folder + "/clips/a.mp4";
  video.sha256 = std::string(64, 'f');
  video.caption = "it's a \"clip\"";
  video.caption_source = "sidecar";
  video.frames = 48;
  video.frame_rate = 23.976023976023978;
  video.width = 160;
  video.height = 96;
  video.rotation = 90;
  video.pixel_format = "yuv420p";
  video.color_matrix = "unspecified";
  video.color_range = "limited";
  video.interlaced = true;
  video.remark = "42 of the 60 frames that its container names are readable";
  RejectedVideo rejected{"b", "/elsewhere/b.mp4", "", "b", "corrupt_container", "no moov"};
  Manifest manifest;
  manifest.name = "demo";
  manifest.layout = "folder";
  manifest.seed = 42;
  manifest.sample = 8;
  manifest.min_frames = 46;
  manifest.list_file = "list.csv";
  manifest.list_sha256 = std::string(64, 'a');
  manifest.filters = {"single_shot"};
  manifest.videos = {video};
  manifest.rejected = {rejected};
  return manifest;
}

std::string message_of(const std::string& path, const std::string& text) {
  REQUIRE(write_file_atomically(path, text).is_ok());
  const auto result = read_manifest(path);
  REQUIRE_FALSE(result.is_ok());
  CHECK(result.status().message().find(path) != std::string::npos);
  return result.status().message();
}

}  // namespace

TEST_CASE("A manifest reads back as it was written, with paths below it stored relative") {
  const std::string folder = scratch_folder();
  const std::string path = folder + "/manifest.json";
  const Manifest written = example(folder);
  REQUIRE(write_manifest(path, written).is_ok());
  const auto read = read_manifest(path);
  REQUIRE(read.is_ok());
  CHECK(*read == written);
  const std::string text = *read_file(path);
  CHECK(text.find("\"clips/a.mp4\"") != std::string::npos);
  CHECK(text.find("\"/elsewhere/b.mp4\"") != std::string::npos);
  fs::remove_all(folder);
}

TEST_CASE("A manifest that was written before a key was added is read") {
  const std::string folder = scratch_folder();
  const std::string path = folder + "/manifest.json";
  Manifest manifest = example(folder);
  manifest.videos[0].interlaced = false;
  manifest.videos[0].remark = "";
  REQUIRE(write_manifest(path, manifest).is_ok());
  std::string text = *read_file(path);
  const std::size_t begin = text.find(",\n   \"interlaced\""), end = text.find("\n  }", begin);
  REQUIRE(begin < end);
  REQUIRE(end != std::string::npos);
  REQUIRE(write_file_atomically(path, text.erase(begin, end - begin)).is_ok());
  const auto read = read_manifest(path);
  REQUIRE(read.status() == Status::ok());
  CHECK(*read == manifest);
  fs::remove_all(folder);
}

TEST_CASE("A manifest moved with its clips still finds them") {
  const std::string folder = scratch_folder();
  REQUIRE(write_manifest(folder + "/old/manifest.json", example(folder + "/old")).is_ok());
  fs::rename(folder + "/old", folder + "/new");
  const auto read = read_manifest(folder + "/new/manifest.json");
  REQUIRE(read.is_ok());
  CHECK(read->videos[0].path == folder + "/new/clips/a.mp4");
  fs::remove_all(folder);
}

TEST_CASE("A wrong manifest is refused with the place and what was expected") {
  const std::string folder = scratch_folder();
  const std::string path = folder + "/manifest.json";
  REQUIRE(write_manifest(path, example(folder)).is_ok());
  const std::string good = *read_file(path);
  const auto replaced = [&](const std::string& from, const std::string& to) {
    std::string text = good;
    text.replace(text.find(from), from.size(), to);
    return message_of(path, text);
  };
  CHECK(replaced("\"frames\": 48", "\"frames\": \"48\"").find("'frames' must be a whole number") !=
        std::string::npos);
  CHECK(replaced("\"frames\": 48", "\"frames\": -1").find("videos[0]") != std::string::npos);
  CHECK(replaced("\"width\": 160", "\"width\": 99999999999").find("'width' must be") !=
        std::string::npos);
  CHECK(replaced("\"caption\":", "\"captoin\":").find("'caption' is missing") != std::string::npos);
  CHECK(replaced("\"seed\": 42,", "\"seed\": 42, \"lay_out\": 1,").find("mean 'layout'") !=
        std::string::npos);
  CHECK(replaced("cox-manifest/1", "cox-manifest/9").find("expected 'cox-manifest/1'") !=
        std::string::npos);
  CHECK(message_of(path, good.substr(0, good.size() / 2)).find("not JSON") != std::string::npos);
  CHECK(replaced("\"seed\": 42", "\"seed\": 1e999").find("not JSON") != std::string::npos);
  CHECK(message_of(path, "[]").find("expected an object") != std::string::npos);
  fs::remove_all(folder);
}

TEST_CASE("Two videos with one id are refused on both sides") {
  const std::string folder = scratch_folder();
  Manifest manifest = example(folder);
  manifest.videos.push_back(manifest.videos[0]);
  const Status status = write_manifest(folder + "/manifest.json", manifest);
  CHECK(status.message().find("'a' appears twice") != std::string::npos);
  CHECK_FALSE(fs::exists(folder + "/manifest.json"));
  fs::remove_all(folder);
}
