#include "coordinator/web/playable_video.h"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <mutex>
#include <vector>

#include "base/digest.h"
#include "engine/video/decode.h"
#include "engine/video/write.h"

namespace cox::web {

namespace {

namespace fs = std::filesystem;

/// Visually lossless, so that what a person sees is the model's doing.
constexpr int kQuality = 12;

/// One conversion at a time: a page requests several videos, and each holds its frames in memory.
std::mutex& conversion() {
  static std::mutex mutex;
  return mutex;
}

/// H.264 in 4:2:0 needs even sides: an odd last column or row is left out.
std::vector<video::RgbImage> even_sized(std::vector<video::RgbImage> frames) {
  for (video::RgbImage& frame : frames) {
    const int width = frame.width & ~1;
    const int height = frame.height & ~1;
    if (width == frame.width && height == frame.height) continue;
    video::RgbImage cut(width, height);
    for (int y = 0; y < height; ++y) {
      std::copy_n(frame.row(y), cut.row_bytes(), cut.row(y));
    }
    frame = std::move(cut);
  }
  return frames;
}

Status convert(const std::string& source, std::int64_t scored_frames, const std::string& target) {
  COX_ASSIGN_OR_RETURN(video::Clip clip, whole_clip(source));
  if (static_cast<std::int64_t>(clip.frames.size()) < scored_frames) {
    return failed_precondition(fmt::format("'{}' has {} frames, but {} were scored; it was cut off",
                                           source, clip.frames.size(), scored_frames));
  }
  video::WriteOptions options;
  options.codec = video::VideoCodec::kH264Mp4;
  options.rate = clip.facts.nominal_rate;
  options.quality = kQuality;
  return video::write_video(target, even_sized(std::move(clip.frames)), options);
}

}  // namespace

Result<video::Clip> whole_clip(const std::string& path) {
  const video::ProbeOutcome probe = video::probe_video(path);
  if (const auto* fault = std::get_if<video::VideoFault>(&probe)) {
    return failed_precondition(fault->message);
  }
  const auto& facts = std::get<video::VideoFacts>(probe);
  if (facts.frames > kMaxClipFrames) {
    return failed_precondition(fmt::format("'{}' has {} frames; at most {} can be shown", path,
                                           facts.frames, kMaxClipFrames));
  }
  video::ClipOutcome decoded =
      video::decode_clip(path, {0, facts.frames, 1}, video::ColorRule::kTagged);
  if (const auto* fault = std::get_if<video::VideoFault>(&decoded)) {
    return failed_precondition(fault->message);
  }
  return std::get<video::Clip>(std::move(decoded));
}

Result<std::string> PlayableVideos::copy_of(const std::string& source, std::int64_t scored_frames) {
  std::error_code error;
  const auto size = fs::file_size(source, error);
  const auto time = fs::last_write_time(source, error);
  if (error) return not_found(fmt::format("video file '{}': {}", source, error.message()));
  const std::string key = sha256_of(
      fmt::format("{}\n{}\n{}\n{}", source, size, time.time_since_epoch().count(), scored_frames));
  const std::string target = folder_ + "/" + key + ".mp4";
  const std::lock_guard lock(conversion());
  if (fs::exists(target, error)) return target;
  make_room();
  COX_RETURN_IF_ERROR(convert(source, scored_frames, target));
  return target;
}

/// Deletes the oldest copies until half of the folder's bound is free.
void PlayableVideos::make_room() {
  std::vector<std::pair<fs::file_time_type, fs::path>> files;
  std::uint64_t bytes = 0;
  std::error_code error;
  for (const fs::directory_entry& entry : fs::directory_iterator(folder_, error)) {
    bytes += entry.file_size(error);
    files.emplace_back(entry.last_write_time(error), entry.path());
  }
  if (bytes < kMaxCacheBytes) return;
  std::sort(files.begin(), files.end());
  for (const auto& [time, path] : files) {
    if (bytes < kMaxCacheBytes / 2) return;
    bytes -= std::min<std::uint64_t>(bytes, fs::file_size(path, error));
    fs::remove(path, error);
  }
}

}  // namespace cox::web
