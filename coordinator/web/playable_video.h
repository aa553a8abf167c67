#pragma once

#include <string>

#include "base/status.h"
#include "engine/video/decode.h"

namespace cox::web {

/// Longer clips are refused: their frames are held in memory.
constexpr std::int64_t kMaxClipFrames = 2'000;

/// Every frame of a video file. kFailedPrecondition when it is missing, damaged or longer than
/// kMaxClipFrames.
Result<video::Clip> whole_clip(const std::string& path);

/// Copies of result videos that browsers play: H.264 in MP4, made once from the lossless file and
/// kept in a folder of at most kMaxCacheBytes; the oldest go first. Thread-safe.
class PlayableVideos {
 public:
  static constexpr std::uint64_t kMaxCacheBytes = 2'000'000'000;

  /// `folder` is made when the first video is.
  explicit PlayableVideos(std::string folder) : folder_(std::move(folder)) {}

  /// Returns the path of a playable copy of the video file at `source`; a copy follows from the
  /// path, size and modification time of its source. kNotFound when there is no such file,
  /// kFailedPrecondition when it is damaged or has fewer frames than the `scored_frames`, which a
  /// player would stretch over its clock.
  Result<std::string> copy_of(const std::string& source, std::int64_t scored_frames);

 private:
  void make_room();

  std::string folder_;
};

}  // namespace cox::web
