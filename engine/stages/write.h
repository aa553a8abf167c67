#pragma once

#include <string>

#include "engine/stages/decode.h"

namespace cox::engine {

struct WrittenVideos {
  std::string generated_path;
  std::string reference_path;
};

/// [F, 3, H, W] in [0, 1], rounded to the nearest of 256 levels.
std::vector<video::RgbImage> rounded_images(const at::Tensor& unit_frames);

/// Writes the scored frames, generated (rounded to 8 bits) and reference, losslessly below
/// `input.output_directory`. A file that exists is whole. Throws EngineError (cause crash) when the
/// disk refuses.
WrittenVideos write_videos(const JobPlan& plan, const JobInput& input, const SourceFrames& source,
                           const at::Tensor& generated);

}  // namespace cox::engine
