#include "engine/stages/write.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstring>
#include <filesystem>

#include "base/digest.h"
#include "base/fault.h"
#include "base/text.h"
#include "engine/tensors/error.h"
#include "engine/tensors/torch.h"
#include "engine/video/write.h"

namespace cox::engine {

namespace {

/// Characters of a digest that distinguish files of one name in a folder.
constexpr std::size_t kDigestCharacters = 12;

std::string short_digest(const std::string& digest) { return digest.substr(0, kDigestCharacters); }

void write_frames(const std::string& path, const std::vector<video::RgbImage>& frames,
                  video::FrameRate rate) {
  video::WriteOptions options;
  options.codec = video::VideoCodec::kFfv1Matroska;
  if (rate.numerator > 0) options.rate = rate;
  const Status written = video::write_video(path, frames, options);
  if (!written.is_ok()) {
    throw EngineError(
        FailureCause::kCrash,
        fmt::format("{}; free space or grant access there, then retry the job", written.message()),
        kWriteFailure);
  }
}

/// Rejects an id that would name a file outside the output folder.
void check_id(const std::string& id) {
  const std::filesystem::path path(id);
  const bool climbs = std::find(path.begin(), path.end(), "..") != path.end();
  if (!id.empty() && path.is_relative() && !climbs) return;
  throw user_error(
      fmt::format("video id '{}' cannot name a file: expected a relative path without '..'", id),
      "video_id");
}

/// Shortens every name in `id` so that a suffix still fits into a file's name. A shortened name
/// ends in its digest, which distinguishes it from others with the same beginning.
std::string fitting(const std::string& id) {
  constexpr std::size_t kMaxBytes = 160;
  std::filesystem::path fitted;
  for (const std::filesystem::path& part : std::filesystem::path(id)) {
    const std::string name = part.string();
    fitted /= name.size() <= kMaxBytes ? name
                                       : abbreviated(name, kMaxBytes - kDigestCharacters) +
                                             short_digest(sha256_of(name));
  }
  return fitted.string();
}

/// Returns a digest of everything that the reference's pixels depend on. Runs that agree in all of
/// it share the file; no other run may write it.
std::string reference_digest(const JobPlan& plan, const std::string& video_digest) {
  const RunSettings& run = plan.run;
  return short_digest(sha256_of(
      fmt::format("{}\n{}+{}/{} {}x{} {} {} {}", video_digest, plan.scored.first, plan.scored.count,
                  run.frame_stride, run.height, run.width, static_cast<int>(run.color),
                  static_cast<int>(run.pil_order), static_cast<int>(run.fit))));
}

/// Returns a digest of what distinguishes two jobs of one run and video id: the file and the
/// prompt. The job's own digest covers both; a job outside a sweep has none.
std::string job_digest(const JobInput& input, const std::string& video_digest) {
  if (!input.job_id.empty()) return short_digest(input.job_id);
  return short_digest(sha256_of(fmt::format("{}\n{}", video_digest, input.prompt)));
}

}  // namespace

std::vector<video::RgbImage> rounded_images(const at::Tensor& unit_frames) {
  const at::Tensor bytes =
      unit_frames.mul(255).round().to(at::kByte).permute({0, 2, 3, 1}).contiguous().to(at::kCPU);
  const auto height = static_cast<int>(bytes.size(1));
  const auto width = static_cast<int>(bytes.size(2));
  std::vector<video::RgbImage> images;
  for (std::int64_t frame = 0; frame < bytes.size(0); ++frame) {
    video::RgbImage image(width, height);
    std::memcpy(image.pixels.data(), bytes[frame].const_data_ptr<std::uint8_t>(),
                image.pixels.size());
    images.push_back(std::move(image));
  }
  return images;
}

WrittenVideos write_videos(const JobPlan& plan, const JobInput& input, const SourceFrames& source,
                           const std::string& video_digest, const at::Tensor& generated) {
  check_id(input.video.id);
  WrittenVideos written;
  written.generated_path =
      fmt::format("{}/{}/{}-{}.mkv", input.output_directory, short_digest(input.run_id),
                  fitting(input.video.id), job_digest(input, video_digest));
  write_frames(written.generated_path, rounded_images(generated), source.rate);
  if (plan.has_reference()) {
    written.reference_path =
        fmt::format("{}/reference/{}-{}-{}-{}x{}-{}.mkv", input.output_directory,
                    fitting(input.video.id), plan.scored.first, plan.scored.count, plan.run.height,
                    plan.run.width, reference_digest(plan, video_digest));
    write_frames(written.reference_path, source.images(plan.scored), source.rate);
  }
  fault_point("engine_after_video_write");
  return written;
}

}  // namespace cox::engine
