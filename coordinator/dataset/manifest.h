#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/status.h"

namespace cox::dataset {

/// A readable video as it was when indexed.
struct ManifestVideo {
  std::string id;
  std::string path;    ///< relative to the manifest's folder when below it, else absolute
  std::string sha256;  ///< of the file
  std::string caption;
  std::string caption_source;  ///< where the caption came from, e.g. `csv`, `class_name`, `sidecar`
  std::int64_t frames = 0;     ///< decoded, not from the header
  double frame_rate = 0;
  bool variable_frame_rate = false;
  int width = 0;
  int height = 0;
  std::string pixel_format;
  std::string color_matrix;  ///< the file's tag, `unspecified` when it has none
};

/// A file that was considered and left out, with the reason.
struct RejectedVideo {
  std::string id;
  std::string path;
  std::string sha256;
  std::string caption;
  std::string reason;  ///< `corrupt_container`, `no_frames`, `too_short`, ...
  std::string message;
};

/// A frozen list of videos: what `cox dataset index` writes and a sweep names.
/// Stored as JSON, `format: cox-manifest/1`.
struct Manifest {
  std::string name;
  std::string layout;
  std::uint64_t seed = 0;
  std::uint64_t sample = 0;  ///< 0 = all
  std::vector<ManifestVideo> videos;
  std::vector<RejectedVideo> rejected;
};

Result<Manifest> read_manifest(const std::string& path);
Status write_manifest(const std::string& path, const Manifest& manifest);

}  // namespace cox::dataset
