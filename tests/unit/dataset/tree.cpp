#include "tree.h"

#include <unistd.h>

#include <catch2/catch.hpp>
#include <filesystem>

#include "base/file.h"
#include "base/text.h"
#include "engine/video/write.h"

namespace cox::dataset {

Tree::Tree() {
  static int count = 0;
  root_ =
      (std::filesystem::temp_directory_path() / concat("cox_dataset_", ::getpid(), "_", count++))
          .string();
  std::filesystem::create_directories(root_);
}

Tree::~Tree() { std::filesystem::remove_all(root_); }

void Tree::text(const std::string& name, const std::string& content) const {
  REQUIRE(write_file_atomically(root_ + "/" + name, content).is_ok());
}

void Tree::clip(const std::string& name, int frames, int seed) const {
  std::vector<video::RgbImage> pictures;
  for (int i = 0; i < frames; ++i) {
    pictures.emplace_back(32, 16);
    for (std::size_t k = 0; k < pictures.back().pixels.size(); ++k) {
      pictures.back().pixels[k] = static_cast<std::uint8_t>(k / 3 + 5 * static_cast<unsigned>(i) +
                                                            40 * static_cast<unsigned>(seed));
    }
  }
  const bool avi = ends_with(name, ".avi");
  const auto codec = avi ? video::VideoCodec::kMpeg4Avi : video::VideoCodec::kH264Mp4;
  REQUIRE(video::write_video(root_ + "/" + name, pictures, {codec, {25, 1}, 4}) == Status::ok());
}

void Tree::truncated_clip(const std::string& name) const {
  clip(name, 12);
  const std::string bytes = *read_file(root_ + "/" + name);
  text(name, bytes.substr(0, bytes.size() / 2));
}

Manifest Tree::index(const IndexOptions& options) const {
  IndexOptions here = options;
  here.root = root_;
  auto manifest = index_dataset(here, nullptr);
  INFO(manifest.status().message());
  REQUIRE(manifest.is_ok());
  return std::move(manifest).value();
}

std::string Tree::refusal(const IndexOptions& options) const {
  IndexOptions here = options;
  here.root = root_;
  const auto manifest = index_dataset(here, nullptr);
  REQUIRE_FALSE(manifest.is_ok());
  return manifest.status().message();
}

std::vector<std::string> ids(const Manifest& manifest) {
  std::vector<std::string> names;
  for (const auto& video : manifest.videos) names.push_back(video.id);
  return names;
}

std::vector<std::string> reasons(const Manifest& manifest) {
  std::vector<std::string> lines;
  for (const auto& entry : manifest.rejected) lines.push_back(entry.id + ": " + entry.reason);
  return lines;
}

}  // namespace cox::dataset
