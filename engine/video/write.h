#pragma once

#include <span>
#include <string>

#include "base/status.h"
#include "engine/video/image.h"

namespace cox::video {

enum class VideoCodec {
  kFfv1Matroska,  ///< lossless: RGB reads back bit for bit
  kH264Mp4,       ///< libx264, 4:2:0
  kMpeg4Avi       ///< MPEG-4 part 2 tagged XVID, 4:2:0
};

struct WriteOptions {
  VideoCodec codec = VideoCodec::kFfv1Matroska;
  FrameRate rate{24, 1};
  int quality = 18;  ///< x264's crf, or MPEG-4's quantizer; the lossless codec ignores it
};

/// Writes the frames, all of one size, beside `path` and renames when everything is on disk, so
/// that a file that exists is whole. Makes missing parent directories. Equal frames give equal
/// bytes. 4:2:0 codecs need even sizes and lose color detail. Thread-safe for distinct paths.
Status write_video(const std::string& path, std::span<const RgbImage> frames,
                   const WriteOptions& options);

}  // namespace cox::video
