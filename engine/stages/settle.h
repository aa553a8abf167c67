#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "engine/stages/plan.h"

namespace cox::engine {

struct PictureSize {
  std::int64_t height = 0;
  std::int64_t width = 0;
  bool operator==(const PictureSize&) const = default;
};

/// Returns the size in `list` whose ratio of height to width, as rounded in the list, is closest to
/// that of the picture; the first one if two are equally close. The list must not be empty.
PictureSize nearest_size(const std::vector<ListedSize>& list, PictureSize picture);

/// Sets the values that depend on the video: the frames to use, and their size. Throws EngineError
/// (cause data) if the file cannot be read or does not state its frame rate.
void settle_by_video(JobPlan& plan, const std::string& path);

}  // namespace cox::engine
