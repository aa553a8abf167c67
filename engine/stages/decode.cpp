#include "engine/stages/decode.h"

#include <fmt/format.h>

#include <sys/stat.h>

#include <cerrno>
#include <cstring>
#include <filesystem>

#include "base/digest.h"
#include "engine/tensors/error.h"
#include "engine/tensors/torch.h"

namespace cox::engine {

namespace {

constexpr double kLargestByte = 255;

/// [F, H, W, 3] uint8.
at::Tensor bytes_of(const std::vector<video::RgbImage>& images) {
  const auto height = images.front().height;
  const auto width = images.front().width;
  at::Tensor bytes = at::empty({static_cast<int64_t>(images.size()), height, width, 3}, at::kByte);
  std::uint8_t* out = bytes.mutable_data_ptr<std::uint8_t>();
  for (const video::RgbImage& image : images) {
    std::memcpy(out, image.pixels.data(), image.pixels.size());
    out += image.pixels.size();
  }
  return bytes;
}

/// The rate of what the family's models generate by themselves.
video::FrameRate family_rate(const JobPlan& plan) {
  return {static_cast<int>(plan.family->schema().frames_per_second), 1};
}

std::string source_name(const JobPlan& plan, const std::string& path) {
  const RunSettings& run = plan.run;
  std::string name =
      fmt::format("{}\n{}+{}/{} {}x{} {} {} {}", path, plan.decoded.first, plan.decoded.count,
                  run.frame_stride, run.height, run.width, static_cast<int>(run.color),
                  static_cast<int>(run.pil_order), static_cast<int>(run.fit));
  if (!plan.has_reference()) name += fmt::format(" at {}", family_rate(plan).value());
  return name;
}

/// What a job that opens no file has of one.
SourceFrames no_frames(const JobPlan& plan, const std::string& path) {
  SourceFrames source;
  source.rate = family_rate(plan);
  source.name = source_name(plan, path);
  return source;
}

SourceFrames read_source(const JobPlan& plan, const std::string& path) {
  if (plan.decoded.count == 0) return no_frames(plan, path);
  const RunSettings& run = plan.run;
  const video::FrameWindow window{plan.decoded.first * run.frame_stride, plan.decoded.count,
                                  run.frame_stride};
  const video::ClipOutcome outcome = video::decode_clip(path, window, run.color);
  if (const auto* fault = std::get_if<video::VideoFault>(&outcome)) {
    throw EngineError(FailureCause::kData, fault->message, video::fault_name(fault->kind));
  }
  const auto& clip = std::get<video::Clip>(outcome);
  SourceFrames source;
  source.first = plan.decoded.first;
  source.rate = plan.has_reference() ? clip.facts.average_rate : family_rate(plan);
  if (plan.has_reference()) source.rate.denominator *= static_cast<int>(run.frame_stride);
  source.name = source_name(plan, path);
  for (const video::RgbImage& frame : clip.frames) {
    source.frames.push_back(video::resize_to_fit(frame, static_cast<int>(run.width),
                                                 static_cast<int>(run.height), run.fit,
                                                 video::ResizeFilter::kLanczos, run.pil_order));
  }
  return source;
}

/// One missing clip is a fault of the data. A missing or empty folder of clips, as on a machine
/// without the mount, is a fault of the machine.
void check_folder(const std::string& path) {
  const std::filesystem::path folder = std::filesystem::absolute(path).parent_path();
  std::error_code error;
  const bool is_empty = std::filesystem::is_empty(folder, error);
  if (!error && !is_empty) return;
  throw MissingInputError(fmt::format("the folder of the videos, {}, is {} on this machine",
                                      folder.string(), error ? "missing" : "empty"),
                          "clips_missing");
}

}  // namespace

std::vector<video::RgbImage> SourceFrames::images(const FrameRange& range) const {
  const std::int64_t offset = range.first - first;
  COX_CHECK(offset >= 0 && offset + range.count <= static_cast<std::int64_t>(frames.size()),
            "frames outside the decoded range");
  return {frames.begin() + offset, frames.begin() + offset + range.count};
}

at::Tensor SourceFrames::unit_frames(const FrameRange& range) const {
  return bytes_of(images(range))
      .permute({0, 3, 1, 2})
      .to(at::kFloat)
      .div(kLargestByte)
      .contiguous();
}

at::Tensor SourceFrames::pixels(const FrameRange& range) const {
  return unit_frames(range).mul(2).sub(1).permute({1, 0, 2, 3}).unsqueeze(0).contiguous();
}

const std::string& FileDigest::of(const std::string& path) {
  struct stat facts = {};
  if (::stat(path.c_str(), &facts) != 0) {
    check_folder(path);
    throw EngineError(
        FailureCause::kData,
        fmt::format("video {}: {}; expected the file that the data set's manifest names", path,
                    std::strerror(errno)),
        video::fault_name(video::FaultKind::kMissing));
  }
  const std::string stamp = fmt::format(
      "{}\n{} {} {} {}.{} {}.{}", path, facts.st_dev, facts.st_ino, facts.st_size,
      facts.st_mtim.tv_sec, facts.st_mtim.tv_nsec, facts.st_ctim.tv_sec, facts.st_ctim.tv_nsec);
  if (stamp == stamp_) return digest_;
  Result<std::string> digest = sha256_of_file(path);
  if (!digest.is_ok()) {
    throw EngineError(FailureCause::kData, digest.status().message(),
                      video::fault_name(video::FaultKind::kMissing));
  }
  digest_ = std::move(digest).value();
  stamp_ = stamp;
  return digest_;
}

std::shared_ptr<const SourceFrames> decode_source(const JobPlan& plan, const std::string& path,
                                                  SourceCache& cache, double* reused_s) {
  return cache.get_or_make(
      source_name(plan, path), [&] { return read_source(plan, path); }, reused_s);
}

}  // namespace cox::engine
