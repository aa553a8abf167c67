#pragma once

#include <cstdint>
#include <string>
#include <variant>
#include <vector>

#include "engine/video/image.h"

namespace cox::video {

/// Why a video file, or a window of it, cannot be used.
enum class FaultKind {
  kMissing,              ///< no such file, or not readable
  kCorruptContainer,     ///< cannot be opened: truncated, empty, not a video
  kNoVideoStream,        ///< opens, and has no video stream
  kUnsupportedCodec,     ///< no decoder for it
  kUnsupportedHdr,       ///< PQ or HLG transfer, which requires tone mapping
  kUnsupportedColor,     ///< a matrix tag that the converter does not know
  kUnsupportedRotation,  ///< rotated by other than quarter turns, or mirrored
  kNoFrames,             ///< opens, and no frame can be decoded
  kPartialDecode,        ///< damaged, or cut short, inside the window
  kSizeChanges,          ///< the picture size changes inside the window
  kTooShort,             ///< whole, with fewer frames than the window needs
};

/// Returns the name that results and manifests use, e.g. `corrupt_container`.
const char* fault_name(FaultKind kind);

struct VideoFault {
  FaultKind kind = FaultKind::kCorruptContainer;
  std::string message;  ///< what, where, expected, got
};

/// How decoded frames become RGB. Runs with different rules must not be compared.
enum class ColorRule {
  kTagged,      ///< by the file's matrix, range and rotation; BT.601 limited if it has none
  kPaperCompat  ///< as PyAV 12: BT.601, full range only for the yuvj formats, no tag is read
};

/// Facts about a file that are known before its frames are decoded.
struct StreamFacts {
  std::string container;  ///< libavformat's name
  std::string codec;      ///< libavcodec's name
  int width = 0;          ///< of the RGB frames under kTagged: upright, odd height cropped
  int height = 0;
  int rotation = 0;  ///< clockwise degrees that are applied: 0, 90, 180 or 270
  std::string pixel_format;
  std::string color_matrix;        ///< the tag, `unspecified` when there is none
  std::string color_range;         ///< `limited`, `full` or `unspecified`
  FrameRate nominal_rate;          ///< the container's r_frame_rate
  FrameRate average_rate;          ///< the container's avg_frame_rate
  std::int64_t header_frames = 0;  ///< as stated by the container, 0 if it does not
};

/// The frames to use: `count` source frames first, first + stride, ... Frames are
/// counted in decoder output order from the start of the file, which is display order.
struct FrameWindow {
  std::int64_t first = 0;
  std::int64_t count = 1;
  std::int64_t stride = 1;
};

struct Clip {
  StreamFacts facts;
  std::vector<RgbImage> frames;
};

using ClipOutcome = std::variant<Clip, VideoFault>;

/// Decodes from the start of the file up to the window's last frame; never seeks, so that every
/// frame equals that of linear decoding. Damage inside [0, last frame] is a fault: later pictures
/// are predicted from earlier ones. Never throws for a bad file. Thread-safe.
ClipOutcome decode_clip(const std::string& path, const FrameWindow& window, ColorRule color);

/// Facts about a whole file, decoded to its end without color conversion.
struct VideoFacts {
  StreamFacts stream;
  std::int64_t frames = 0;  ///< decoded before any damage
  std::string damage;       ///< the damage after those frames; "" if the file is intact
  bool variable_frame_rate = false;
  bool interlaced = false;  ///< at least one frame is coded as two fields
};

using ProbeOutcome = std::variant<VideoFacts, VideoFault>;

ProbeOutcome probe_video(const std::string& path);

/// Returns the SHA-256 of the RGB bytes of the frames in order. Equal digests mean equal input to a
/// model.
std::string rgb_digest(const std::vector<RgbImage>& frames);

}  // namespace cox::video
