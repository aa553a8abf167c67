#include "engine/video/write.h"

#include <fmt/format.h>

#include <filesystem>
#include <stdexcept>

#include "base/file.h"
#include "engine/video/encoder.h"

namespace cox::video {

namespace {

constexpr int kSmallestSide = 4;  // FFV1 does not read back pictures of two pixels

Status check_frames(const std::string& path, std::span<const RgbImage> frames,
                    const WriteOptions& options) {
  if (frames.empty()) return invalid_argument(fmt::format("no frames to write to '{}'", path));
  if (options.rate.numerator <= 0 || options.rate.denominator <= 0) {
    return invalid_argument(fmt::format("'{}': the frame rate must be positive", path));
  }
  const RgbImage& first = frames.front();
  for (const RgbImage& frame : frames) {
    if (frame.width == first.width && frame.height == first.height) continue;
    return invalid_argument(fmt::format("'{}': expected frames of one size, got {}x{} and {}x{}",
                                        path, first.width, first.height, frame.width,
                                        frame.height));
  }
  const bool even = first.width % 2 == 0 && first.height % 2 == 0;
  if (first.width < 1 || first.height < 1 ||
      (options.codec != VideoCodec::kFfv1Matroska && !even)) {
    return invalid_argument(
        fmt::format("'{}': cannot encode {}x{}; expected positive sizes, even for 4:2:0", path,
                    first.width, first.height));
  }
  return Status::ok();
}

}  // namespace

Status write_video(const std::string& path, std::span<const RgbImage> frames,
                   const WriteOptions& options) {
  COX_RETURN_IF_ERROR(check_frames(path, frames, options));
  COX_RETURN_IF_ERROR(check_replaceable(path));
  const std::filesystem::path folder = std::filesystem::absolute(path).parent_path();
  std::error_code error;
  std::filesystem::create_directories(folder, error);
  if (error)
    return unavailable(fmt::format("cannot create '{}': {}", folder.string(), error.message()));
  const std::string aside = unique_sibling(path);
  try {
    Encoder encoder(aside, frames.front().width, frames.front().height, options);
    for (const RgbImage& frame : frames) encoder.add(frame);
    encoder.finish();
  } catch (const EncodeError& failed) {
    std::filesystem::remove(aside, error);
    return {failed.code, fmt::format("cannot write '{}': {}", path, failed.what())};
  }
  return publish_file(aside, path);
}

}  // namespace cox::video
