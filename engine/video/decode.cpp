#include "engine/video/decode.h"

#include <fmt/format.h>

#include "base/digest.h"
#include "base/status.h"
#include "engine/video/color.h"
#include "engine/video/fault.h"
#include "engine/video/input.h"

namespace cox::video {

const char* fault_name(FaultKind kind) {
  switch (kind) {
    case FaultKind::kMissing:
      return "missing";
    case FaultKind::kCorruptContainer:
      return "corrupt_container";
    case FaultKind::kNoVideoStream:
      return "no_video_stream";
    case FaultKind::kUnsupportedCodec:
      return "unsupported_codec";
    case FaultKind::kUnsupportedHdr:
      return "unsupported_hdr";
    case FaultKind::kUnsupportedColor:
      return "unsupported_color";
    case FaultKind::kUnsupportedRotation:
      return "unsupported_rotation";
    case FaultKind::kNoFrames:
      return "no_frames";
    case FaultKind::kPartialDecode:
      return "partial_decode";
    case FaultKind::kSizeChanges:
      return "size_changes";
    case FaultKind::kTooShort:
      return "too_short";
  }
  return "unknown";
}

namespace {

[[noreturn]] void throw_ended_early(const std::string& path, const Input& input, Input::Step step,
                                    std::int64_t decoded, std::int64_t needed) {
  const bool damaged = step == Input::Step::kDamaged;
  if (decoded == 0) {
    throw_fault(FaultKind::kNoFrames, fmt::format("no frame of '{}' can be decoded{}", path,
                                                  damaged ? ": " + input.damage() : ""));
  }
  if (damaged) {
    throw_fault(FaultKind::kPartialDecode,
                fmt::format("'{}' is damaged after {} frames and {} are needed: {}", path, decoded,
                            needed, input.damage()));
  }
  const std::int64_t claimed = input.facts().header_frames;
  throw_fault(FaultKind::kTooShort,
              fmt::format("'{}' has {} frames and {} are needed{}", path, decoded, needed,
                          claimed >= needed ? fmt::format("; its header claims {}", claimed) : ""));
}

Clip decode(const std::string& path, const FrameWindow& window, ColorRule color) {
  Input input(path);
  std::optional<RgbConverter> converter;
  Clip clip;
  const std::int64_t last = window.first + (window.count - 1) * window.stride;
  for (std::int64_t index = 0; index <= last; ++index) {
    const Input::Step step = input.next();
    if (step != Input::Step::kFrame) throw_ended_early(path, input, step, index, last + 1);
    if (index < window.first || (index - window.first) % window.stride != 0) continue;
    if (!converter) converter.emplace(input.facts(), color);
    clip.frames.push_back(converter->convert(input.frame()));
  }
  clip.facts = input.facts();
  return clip;
}

}  // namespace

ClipOutcome decode_clip(const std::string& path, const FrameWindow& window, ColorRule color) {
  COX_CHECK(window.first >= 0 && window.count >= 1 && window.stride >= 1,
            "a window starts at 0 or later and holds at least one frame");
  try {
    return decode(path, window, color);
  } catch (const FaultThrown& thrown) {
    return thrown.fault;
  }
}

std::string rgb_digest(const std::vector<RgbImage>& frames) {
  Sha256 digest;
  for (const RgbImage& frame : frames) {
    digest.update({reinterpret_cast<const char*>(frame.pixels.data()), frame.pixels.size()});
  }
  return digest.finish();
}

}  // namespace cox::video
