#pragma once

#include <string>
#include <vector>

#include "base/status.h"
#include "engine/video/image.h"

namespace cox::cli {

/// A clip with the words above it.
struct LabeledClip {
  std::string label;
  std::vector<video::RgbImage> frames;
};

/// The clips side by side, at most four in a row, each below its label, in step. Sizes may differ:
/// smaller clips are centered in their cell. Sides are even, as H.264 needs them.
/// kFailedPrecondition when the clips differ in their number of frames.
Result<std::vector<video::RgbImage>> video_grid(const std::vector<LabeledClip>& clips);

}  // namespace cox::cli
