#include "coordinator/dataset/examine.h"

#include <fmt/format.h>

#include <filesystem>

#include "base/digest.h"
#include "engine/video/decode.h"

namespace cox::dataset {

namespace {

RejectedVideo rejected(const Candidate& candidate, const std::string& digest,
                       const std::string& reason, const std::string& message) {
  return {candidate.id, candidate.path, digest, candidate.caption, reason, message};
}

/// Returns a remark on a file with fewer frames than its container names, or with damage after the
/// frames that are used.
std::string remark_on(const video::VideoFacts& facts) {
  const std::int64_t claimed = facts.stream.header_frames;
  if (facts.damage.empty() && claimed <= facts.frames) return "";
  const std::string frames =
      claimed > facts.frames
          ? fmt::format("{} of the {} frames that its container names are readable", facts.frames,
                        claimed)
          : fmt::format("{} frames can be read", facts.frames);
  return facts.damage.empty() ? frames : fmt::format("{}: {}", frames, facts.damage);
}

ManifestVideo described(const Candidate& candidate, const std::string& digest,
                        const video::VideoFacts& facts) {
  ManifestVideo entry;
  entry.id = candidate.id;
  entry.path = candidate.path;
  entry.sha256 = digest;
  entry.caption = candidate.caption;
  entry.caption_source = candidate.caption_source;
  entry.frames = facts.frames;
  const bool has_average = facts.stream.average_rate.numerator > 0;
  entry.frame_rate = (has_average ? facts.stream.average_rate : facts.stream.nominal_rate).value();
  entry.variable_frame_rate = facts.variable_frame_rate;
  entry.width = facts.stream.width;
  entry.height = facts.stream.height;
  entry.rotation = facts.stream.rotation;
  entry.pixel_format = facts.stream.pixel_format;
  entry.color_matrix = facts.stream.color_matrix;
  entry.color_range = facts.stream.color_range;
  entry.interlaced = facts.interlaced;
  entry.remark = remark_on(facts);
  return entry;
}

std::string too_few(const Candidate& candidate, const video::VideoFacts& facts,
                    std::int64_t needed) {
  const bool damaged = !facts.damage.empty();
  return fmt::format("'{}' {} {} frames and {} are needed{}", candidate.path,
                     damaged ? "is damaged after" : "has", facts.frames, needed,
                     damaged ? ": " + facts.damage : "");
}

/// Returns where a broken link points to, or "".
std::string broken_link(const std::string& path) {
  namespace fs = std::filesystem;
  std::error_code error;
  if (!fs::is_symlink(path, error) || fs::exists(path, error)) return "";
  return fmt::format("'{}' is a link to '{}', which does not exist", path,
                     fs::read_symlink(path, error).string());
}

}  // namespace

std::variant<ManifestVideo, RejectedVideo> examine(const Candidate& candidate,
                                                   const IndexOptions& options) {
  if (const std::string fault = id_fault(candidate.id); !fault.empty()) {
    return rejected(candidate, "", candidate.id.size() > kMaxIdBytes ? "name_too_long" : "bad_name",
                    fault);
  }
  if (candidate.path.empty()) {
    return rejected(
        candidate, "", "missing",
        fmt::format("no file below '{}'; looked for {}", options.root, candidate.looked_for));
  }
  if (const std::string fault = broken_link(candidate.path); !fault.empty()) {
    return rejected(candidate, "", "missing", fault);
  }
  const auto digest = sha256_of_file(candidate.path);
  if (!digest.is_ok()) return rejected(candidate, "", "missing", digest.status().message());
  const video::ProbeOutcome outcome = video::probe_video(candidate.path);
  if (const auto* fault = std::get_if<video::VideoFault>(&outcome)) {
    return rejected(candidate, *digest, video::fault_name(fault->kind), fault->message);
  }
  const auto& facts = std::get<video::VideoFacts>(outcome);
  if (facts.frames < options.min_frames) {
    const auto kind =
        facts.damage.empty() ? video::FaultKind::kTooShort : video::FaultKind::kPartialDecode;
    return rejected(candidate, *digest, video::fault_name(kind),
                    too_few(candidate, facts, options.min_frames));
  }
  if (facts.variable_frame_rate && options.reject_variable_frame_rate) {
    return rejected(candidate, *digest, "variable_frame_rate",
                    fmt::format("'{}' has a variable frame rate", candidate.path));
  }
  return described(candidate, *digest, facts);
}

}  // namespace cox::dataset
