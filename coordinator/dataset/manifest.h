#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "base/status.h"

namespace cox::dataset {

/// A readable video as it was when indexed.
struct ManifestVideo {
  std::string id;
  std::string path;    ///< absolute; stored relative to the manifest's folder when below it
  std::string sha256;  ///< of the file
  std::string caption;
  std::string caption_source;  ///< where the caption came from, e.g. `csv`, `class_name`, `sidecar`
  std::int64_t frames = 0;     ///< decoded, not from the header; up to the first damaged one
  double frame_rate = 0;       ///< average, in frames per second
  bool variable_frame_rate = false;
  int width = 0;     ///< as decoded: rotated upright, odd edges cropped
  int height = 0;    ///< as decoded
  int rotation = 0;  ///< clockwise degrees that the decoder applies: 0, 90, 180 or 270
  std::string pixel_format;
  std::string color_matrix;  ///< the file's tag, `unspecified` when it has none
  std::string color_range;   ///< `limited`, `full` or `unspecified`
  bool interlaced = false;   ///< at least one frame is coded as two fields
  std::string remark;  ///< what a user should know, e.g. that the file is cut off; "" = nothing

  bool operator==(const ManifestVideo&) const = default;
};

/// A prompt, an item without a file.
struct ManifestPrompt {
  std::string id;
  std::string prompt;
  std::vector<std::string> dimensions = {};  ///< of a benchmark that it is for

  bool operator==(const ManifestPrompt&) const = default;
};

/// Most bytes of an item's id. Output files are named after ids, shortened where a file system
/// needs it.
inline constexpr std::size_t kMaxIdBytes = 400;

/// Why `id` cannot be a video's id: "expected an id of at most 400 bytes, got 506", or "".
std::string id_fault(const std::string& id);

/// A file that was considered and left out, with the reason.
struct RejectedVideo {
  std::string id;
  std::string path;    ///< as in ManifestVideo; "" when no file was found
  std::string sha256;  ///< "" when there is no file
  std::string caption;
  std::string reason;  ///< `corrupt_container`, `no_frames`, `too_short`, ...
  std::string message;

  bool operator==(const RejectedVideo&) const = default;
};

/// A frozen list of items, videos or prompts: what `cox dataset index` writes and a sweep names.
/// Stored as JSON, `format: cox-manifest/1`.
struct Manifest {
  std::string name;
  std::string layout;
  std::uint64_t seed = 0;
  std::uint64_t sample = 0;               ///< 0 = all
  std::int64_t min_frames = 0;            ///< shorter videos were left out
  std::string list_file;                  ///< the CSV or split list that was read, "" without one
  std::string list_sha256;                ///< its digest
  std::vector<std::string> filters = {};  ///< what else was asked of a clip, e.g. `single_shot`
  std::vector<ManifestVideo> videos;
  std::vector<RejectedVideo> rejected;
  std::vector<ManifestPrompt> prompts = {};  ///< with them there are no videos

  bool operator==(const Manifest&) const = default;
};

/// Strict: an unknown, missing or mistyped key, a repeated or unusable id, text that is not
/// UTF-8 or has control characters, and another format version are errors that name the file and
/// the field.
Result<Manifest> read_manifest(const std::string& path);

/// Atomic. Refuses what read_manifest refuses.
Status write_manifest(const std::string& path, const Manifest& manifest);

}  // namespace cox::dataset
