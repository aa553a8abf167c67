#include "coordinator/sweep/external_videos.h"

#include <fmt/format.h>

#include <filesystem>
#include <span>
#include <utility>

#include "base/digest.h"
#include "base/file.h"
#include "base/text.h"
#include "record/parameter.h"
#include "record/path_template.h"

namespace cox::sweep {

namespace fs = std::filesystem;

namespace {

constexpr const char* kExternal = "external";
constexpr const char* kVideosPath = "videos";
constexpr const char* kVideosDigest = "videos_digest";

/// Relative to the file that states it, or to the working directory for `--set`.
std::string external_path(const Run& run) {
  const fs::path path = filled_path(parameter_text(run.parameters, kVideosPath), "run", run.name);
  const auto origin = run.origins.find(kVideosPath);
  const bool is_in_file = origin != run.origins.end() && origin->second.layer != "set";
  const fs::path folder = is_in_file ? fs::path(origin->second.file).parent_path() : fs::path();
  std::error_code error;
  return normalized_path(fs::absolute(folder / path, error).string());
}

struct FoundVideos {
  std::string digest;
  std::vector<std::string> missing;  ///< ids
};

/// Reads every video of a run.
Result<FoundVideos> find_videos(const std::string& path, std::span<const PlannedVideo> videos) {
  FoundVideos found;
  std::string text = "cox-external/1\n";
  for (const PlannedVideo& video : videos) {
    const std::string file = filled_path(path, "video", video.id);
    std::error_code error;
    if (!fs::is_regular_file(file, error)) {
      found.missing.push_back(video.id);
      continue;
    }
    COX_ASSIGN_OR_RETURN(const std::string digest, sha256_of_file(file));
    text += fmt::format("{} {}\n", json_quoted(video.id), digest);
  }
  found.digest = sha256_of(text);
  return found;
}

/// "" when the run's parameters are right.
std::string external_problem(const Run& run, std::size_t videos) {
  const std::string path = parameter_text(run.parameters, kVideosPath);
  if (path.empty()) {
    return fmt::format("run '{}': method external needs `videos: PATH`, with {{video}} for the id",
                       run.name);
  }
  if (path.find("{video}") == std::string::npos && videos > 1) {
    return fmt::format("run '{}': videos: expected {{video}} in '{}', since the run has {} videos",
                       run.name, path, videos);
  }
  if (!parameter_text(run.parameters, kVideosDigest).empty()) {
    return fmt::format("run '{}': videos_digest is written by the program; leave it out", run.name);
  }
  return "";
}

}  // namespace

std::vector<std::string> resolve_external_videos(const Dataset& dataset, const Position& at,
                                                 std::vector<Run>& runs, Diagnostics& diagnostics) {
  constexpr std::size_t kMaxNamed = 5;
  std::vector<std::string> notes;
  for (Run& run : runs) {
    if (run.method != kExternal) continue;
    const auto videos = dataset.videos_of(run);
    if (const std::string problem = external_problem(run, videos.size()); !problem.empty()) {
      diagnostics.error(at, problem);
      continue;
    }
    const std::string path = external_path(run);
    Result<FoundVideos> found = find_videos(path, videos);
    if (!found.is_ok()) {
      diagnostics.error(at, found.status().message());
      continue;
    }
    run.parameters[kVideosPath] = Value(path);
    run.parameters[kVideosDigest] = Value(found->digest);
    if (found->missing.empty()) continue;
    notes.push_back(fmt::format(
        "run '{}': {} of {} videos are missing at {}; their jobs will fail with cause data: {}",
        run.name, found->missing.size(), videos.size(), path,
        join_first(found->missing, kMaxNamed)));
  }
  return notes;
}

}  // namespace cox::sweep
