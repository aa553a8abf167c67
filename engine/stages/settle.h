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

/// Returns the size of `list` whose height over width, as the list rounds it, is nearest to the
/// picture's; the first of two that are equally near. The list must not be empty.
PictureSize nearest_size(const std::vector<ListedSize>& list, PictureSize picture);

/// Settles what the run leaves to the video: which frames are taken, and their size. Throws
/// EngineError (cause data) when the file cannot be read or does not state its rate.
void settle_by_video(JobPlan& plan, const std::string& path);

}  // namespace cox::engine
