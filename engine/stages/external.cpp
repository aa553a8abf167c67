#include "engine/stages/external.h"

#include <fmt/format.h>

#include "base/digest.h"
#include "engine/stages/decode.h"
#include "engine/tensors/error.h"
#include "engine/tensors/torch.h"
#include "record/path_template.h"

namespace cox::engine {

namespace {

EngineError data_error(const std::string& message, const char* detail) {
  return {FailureCause::kData, message, detail};
}

video::Clip decode_whole(const std::string& path, std::int64_t frames, video::ColorRule color) {
  const video::ProbeOutcome probed = video::probe_video(path);
  if (const auto* fault = std::get_if<video::VideoFault>(&probed)) {
    throw data_error(fmt::format("external video: {}", fault->message),
                     video::fault_name(fault->kind));
  }
  const auto& facts = std::get<video::VideoFacts>(probed);
  if (!facts.damage.empty()) {
    throw data_error(fmt::format("external video {}: {}", path, facts.damage),
                     video::fault_name(video::FaultKind::kPartialDecode));
  }
  if (facts.frames != frames) {
    throw data_error(
        fmt::format("external video {}: expected {} frames, skip_frames and those that are scored, "
                    "got {}",
                    path, frames, facts.frames),
        "external_frames");
  }
  video::ClipOutcome decoded = video::decode_clip(path, {0, frames, 1}, color);
  if (const auto* fault = std::get_if<video::VideoFault>(&decoded)) {
    throw data_error(fmt::format("external video: {}", fault->message),
                     video::fault_name(fault->kind));
  }
  return std::get<video::Clip>(std::move(decoded));
}

}  // namespace

ExternalFrames read_external_frames(const JobPlan& plan, const std::string& video_id) {
  const std::string path = filled_path(plan.external->path, "video", video_id);
  const std::int64_t skipped = plan.external->skip_frames;
  video::Clip clip = decode_whole(path, skipped + plan.scored.count, plan.run.color);
  for (const video::RgbImage& frame : clip.frames) {
    if (frame.height == plan.run.height && frame.width == plan.run.width) continue;
    throw data_error(fmt::format("external video {}: expected {} x {} pixels (height x width), got "
                                 "{} x {}; external videos are not resized",
                                 path, plan.run.height, plan.run.width, frame.height, frame.width),
                     "external_size");
  }
  Result<std::string> digest = sha256_of_file(path);
  if (!digest.is_ok()) {
    throw data_error(digest.status().message(), video::fault_name(video::FaultKind::kMissing));
  }
  SourceFrames source;
  source.frames = std::move(clip.frames);
  return {source.unit_frames({skipped, plan.scored.count}), std::move(digest).value()};
}

}  // namespace cox::engine
