#pragma once

#include <string>

#include "engine/stages/decode.h"

namespace cox::engine {

/// The detail of a failure to write videos. The next job would fail in the same way, so the worker
/// should not spend hours on it.
constexpr const char* kWriteFailure = "video_write";

struct WrittenVideos {
  std::string generated_path;
  std::string reference_path;
};

/// Rounds [F, 3, H, W] in [0, 1] to the nearest of 256 levels.
std::vector<video::RgbImage> rounded_images(const at::Tensor& unit_frames);

/// Writes the scored frames, generated (rounded to 8 bits) and reference if there is one,
/// losslessly below `input.output_directory`: RUN/ITEM-JOB.mkv, by digests of the run and the job,
/// and reference/VIDEO-.... `video_digest` is the video file's: files whose content may differ have
/// different names. An existing file is always complete. Throws EngineError (cause crash) if
/// writing fails.
WrittenVideos write_videos(const JobPlan& plan, const JobInput& input, const SourceFrames& source,
                           const std::string& video_digest, const at::Tensor& generated);

}  // namespace cox::engine
