#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/status.h"

namespace cox::video {

struct DemoClip {
  std::string file;     ///< name within the directory
  std::string caption;  ///< also written next to it, as `<stem>.txt`
  int frames = 0;       ///< 0 for the broken one
};

/// Writes eight short procedural clips (seven H.264 in MP4, one MPEG-4 part 2 in AVI) of several
/// sizes, their captions, and `broken.mp4`, which is truncated before its index. Equal seeds give
/// equal files. Replaces existing files.
Result<std::vector<DemoClip>> write_demo_clips(const std::string& directory, std::uint64_t seed);

}  // namespace cox::video
