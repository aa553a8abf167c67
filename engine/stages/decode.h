#pragma once

#include <memory>
#include <string>
#include <vector>

#include "engine/stages/bounded_cache.h"
#include "engine/stages/plan.h"
#include "engine/video/image.h"

namespace cox::engine {

/// The frames that a job may read, resized, and their position in the video.
struct SourceFrames {
  std::vector<video::RgbImage> frames;
  std::int64_t first = 0;  ///< index of frames[0]
  video::FrameRate rate;   ///< of the video after frame_stride; the family's without a reference
  std::string name;        ///< everything, except the file, that determines the pixels

  /// [1, 3, F, H, W] fp32 in [-1, 1] on the CPU.
  at::Tensor pixels(const FrameRange& range) const;
  /// [F, 3, H, W] fp32 in [0, 1] on the CPU.
  at::Tensor unit_frames(const FrameRange& range) const;
  std::vector<video::RgbImage> images(const FrameRange& range) const;
};

/// Caches a file's digest while its path, inode, size, modification time and status change time are
/// unchanged.
class FileDigest {
 public:
  /// Throws EngineError (cause data) if the file cannot be read.
  const std::string& of(const std::string& path);

 private:
  std::string stamp_;
  std::string digest_;
};

using SourceCache = BoundedCache<SourceFrames>;

/// Reads and resizes the frames of `plan.decoded`; does not open the file if there are none. Throws
/// EngineError (cause data, detail a name of video::fault_name) for a file that does not hold them.
/// For frames found in `cache`, adds the seconds that they had taken to `reused_s`.
std::shared_ptr<const SourceFrames> decode_source(const JobPlan& plan, const std::string& path,
                                                  SourceCache& cache, double* reused_s = nullptr);

}  // namespace cox::engine
