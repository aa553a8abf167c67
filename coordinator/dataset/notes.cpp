#include "coordinator/dataset/notes.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <map>

#include "base/text.h"

namespace cox::dataset {

namespace {

constexpr std::size_t kMaxNamed = 5;

}  // namespace

std::string missing_captions(const std::vector<ManifestVideo>& videos) {
  std::vector<std::string> without;
  for (const ManifestVideo& video : videos) {
    if (video.caption.empty()) without.push_back(video.id);
  }
  if (without.empty()) return "";
  return fmt::format(
      "{} of {} videos have no caption, and their prompt is empty with `prompt_source: caption`: "
      "{}",
      without.size(), videos.size(), join_first(without, kMaxNamed));
}

std::vector<std::string> equal_files(const std::vector<ManifestVideo>& videos) {
  std::map<std::string, std::vector<std::string>> ids;
  for (const ManifestVideo& video : videos) ids[video.sha256].push_back(video.id);
  std::vector<std::string> notes;
  for (const auto& [digest, same] : ids) {
    if (same.size() < 2) continue;
    notes.push_back(
        fmt::format("{} videos have the same content, so they count as one observation: {}",
                    same.size(), join_first(same, kMaxNamed)));
  }
  return notes;
}

namespace {

std::string mixed_aspects(const std::vector<ManifestVideo>& videos) {
  const ManifestVideo* usual = nullptr;
  std::size_t most = 0;
  std::map<std::pair<int, int>, std::size_t> sizes;
  for (const ManifestVideo& video : videos) {
    const std::size_t count = ++sizes[{video.width, video.height}];
    if (count <= most) continue;
    most = count;
    usual = &video;
  }
  if (usual == nullptr) return "";
  std::vector<std::string> others;
  for (const ManifestVideo& video : videos) {
    if (same_aspect(video.width, video.height, usual->width, usual->height)) continue;
    others.push_back(fmt::format("{} ({}x{})", video.id, video.width, video.height));
  }
  if (others.empty()) return "";
  return fmt::format(
      "{} of {} videos have another aspect ratio than {}x{}; a run stretches them unless its `fit` "
      "is crop or pad: {}",
      others.size(), videos.size(), usual->width, usual->height, join_first(others, kMaxNamed));
}

}  // namespace

bool same_aspect(int width, int height, int other_width, int other_height) {
  constexpr double kTolerance = 0.01;
  if (width <= 0 || height <= 0 || other_width <= 0 || other_height <= 0) return true;
  const double ratio =
      static_cast<double>(width) * other_height / (static_cast<double>(height) * other_width);
  return std::abs(ratio - 1) <= kTolerance;
}

std::vector<std::string> notes_on(const std::vector<ManifestVideo>& videos) {
  std::vector<std::string> notes = equal_files(videos);
  for (const std::string& note : {missing_captions(videos), mixed_aspects(videos)}) {
    if (!note.empty()) notes.push_back(note);
  }
  return notes;
}

}  // namespace cox::dataset
