#include "engine/stages/write.h"

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

/// Enough of a digest to tell files of one name apart in a folder.
constexpr std::size_t kDigestCharacters = 12;

std::string short_digest(const std::string& digest) { return digest.substr(0, kDigestCharacters); }

void write_frames(const std::string& path, const std::vector<video::RgbImage>& frames,
                  video::FrameRate rate) {
  video::WriteOptions options;
  options.codec = video::VideoCodec::kFfv1Matroska;
  if (rate.numerator > 0) options.rate = rate;
  const Status written = video::write_video(path, frames, options);
  if (!written.is_ok()) {
    throw EngineError(FailureCause::kCrash,
                      concat(written.message(), "; make room or access there, then retry the job"),
                      kWriteFailure);
  }
}

/// Refuses an id that would name a file outside the output folder.
void check_id(const std::string& id) {
  const std::filesystem::path path(id);
  const bool climbs = std::find(path.begin(), path.end(), "..") != path.end();
  if (!id.empty() && path.is_relative() && !climbs) return;
  throw user_error(concat("video id '", id,
                          "' cannot name a file: expected a relative path without "
                          "'..'"),
                   "video_id");
}

/// `id` with every name in it cut to what leaves room for the rest of a file's name. A name that
/// was cut ends in its digest, which tells it from others with the same beginning.
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

/// Of everything that the pixels of the reference follow from: runs that agree in all of it share
/// the file, and no other run may touch it.
std::string reference_digest(const JobPlan& plan, const std::string& video_digest) {
  const RunSettings& run = plan.run;
  return short_digest(sha256_of(
      concat(video_digest, '\n', plan.scored.first, '+', plan.scored.count, '/', run.frame_stride,
             ' ', run.height, 'x', run.width, ' ', static_cast<int>(run.color), ' ',
             static_cast<int>(run.pil_order), ' ', static_cast<int>(run.fit))));
}

/// Of everything that tells two jobs of one run and video id apart: the file and the prompt. The
/// job's own digest holds both; a job of no sweep has none.
std::string job_digest(const JobInput& input, const std::string& video_digest) {
  if (!input.job_id.empty()) return short_digest(input.job_id);
  return short_digest(sha256_of(concat(video_digest, '\n', input.prompt)));
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
      concat(input.output_directory, '/', short_digest(input.run_id), '/', fitting(input.video.id),
             '-', job_digest(input, video_digest), ".mkv");
  written.reference_path =
      concat(input.output_directory, "/reference/", fitting(input.video.id), '-', plan.scored.first,
             '-', plan.scored.count, '-', plan.run.height, 'x', plan.run.width, '-',
             reference_digest(plan, video_digest), ".mkv");
  write_frames(written.generated_path, rounded_images(generated), source.rate);
  write_frames(written.reference_path, source.images(plan.scored), source.rate);
  fault_point("engine_after_video_write");
  return written;
}

}  // namespace cox::engine
