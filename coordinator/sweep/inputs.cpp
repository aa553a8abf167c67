#include "coordinator/sweep/inputs.h"

#include <algorithm>
#include <filesystem>
#include <map>
#include <set>
#include <utility>

#include "base/digest.h"
#include "base/text.h"
#include "coordinator/dataset/manifest.h"
#include "coordinator/sweep/geometry.h"

namespace cox::sweep {

namespace fs = std::filesystem;

namespace {

constexpr const char* kNeedsWeights = "lpips";

Status missing(const Position& at, const std::string& what) {
  Diagnostics diagnostics;
  diagnostics.error(at, what);
  return not_found(diagnostics.status().message());
}

std::string absolute_path(const std::string& path) {
  std::error_code error;
  const fs::path absolute = fs::absolute(path, error).lexically_normal();
  // A trailing slash would make the directory another one by name.
  return (absolute.has_filename() ? absolute : absolute.parent_path()).string();
}

/// Selects videos from one manifest.
class VideoSelection {
 public:
  VideoSelection(const dataset::Manifest& manifest, const DatasetSection& section,
                 Diagnostics& diagnostics)
      : manifest_(manifest), section_(section), diagnostics_(diagnostics) {
    for (const auto& video : manifest.videos) ids_.push_back(video.id);
    for (const auto& video : manifest.rejected) ids_.push_back(video.id);
  }

  std::vector<PlannedVideo> select() {
    const std::set<std::string> included = known_ids(section_.include, "include");
    const std::set<std::string> excluded = known_ids(section_.exclude, "exclude");
    std::vector<PlannedVideo> videos;
    for (const auto& video : manifest_.videos) {
      if (!included.empty() && included.count(video.id) == 0) continue;
      if (excluded.count(video.id) != 0) continue;
      if (section_.max_videos && static_cast<std::int64_t>(videos.size()) == *section_.max_videos) {
        break;
      }
      videos.push_back(
          {{video.id, video.path, video.sha256, video.caption}, video.frames, video.frame_rate});
    }
    for (const PlacedText& id : section_.expected_failures) add_expected_failure(id, videos);
    return videos;
  }

 private:
  bool is_known(const PlacedText& id, const char* key) {
    if (std::find(ids_.begin(), ids_.end(), id.text) != ids_.end()) return true;
    diagnostics_.error(id.at, concat("dataset.", key, ": no video '", id.text, "' in ",
                                     section_.manifest.text, did_you_mean(id.text, ids_)));
    return false;
  }

  std::set<std::string> known_ids(const std::vector<PlacedText>& wanted, const char* key) {
    std::set<std::string> ids;
    for (const PlacedText& id : wanted) {
      if (is_known(id, key)) ids.insert(id.text);
    }
    return ids;
  }

  // A file that the manifest lists as rejected is a video all the same when the sweep expects its
  // failure: its jobs run and fail with their cause.
  void add_expected_failure(const PlacedText& id, std::vector<PlannedVideo>& videos) {
    const auto same = [&](const auto& video) { return video.id == id.text; };
    if (std::any_of(videos.begin(), videos.end(), same)) return;
    const auto rejected = std::find_if(manifest_.rejected.begin(), manifest_.rejected.end(), same);
    if (rejected != manifest_.rejected.end() && !rejected->sha256.empty()) {
      videos.push_back({{rejected->id, rejected->path, rejected->sha256, rejected->caption}, 0, 0});
    } else if (rejected != manifest_.rejected.end()) {
      diagnostics_.error(id.at, "dataset.expected_failures: '" + id.text + "' has no file (" +
                                    rejected->reason + ")");
    } else if (is_known(id, "expected_failures")) {
      diagnostics_.error(id.at, "dataset.expected_failures: '" + id.text +
                                    "' is left out by include, exclude or max_videos");
    }
  }

  const dataset::Manifest& manifest_;
  const DatasetSection& section_;
  Diagnostics& diagnostics_;
  std::vector<std::string> ids_;
};

std::string dataset_digest(const std::vector<PlannedVideo>& videos) {
  std::string text = "cox-dataset/1\n";
  for (const PlannedVideo& video : videos) {
    text += json_quoted(video.id) + " " + video.digest + " " + json_quoted(video.caption) + "\n";
  }
  return sha256_of(text);
}

Result<std::vector<WeightFile>> resolve_loras(const std::vector<LoraSection>& sections,
                                              Diagnostics& diagnostics) {
  std::vector<WeightFile> loras;
  for (const LoraSection& section : sections) {
    WeightFile lora{absolute_path(section.file.text), "", section.multiplier};
    std::error_code error;
    if (!fs::is_regular_file(lora.path, error)) {
      return missing(section.file.at, "no LoRA file at " + lora.path);
    }
    COX_ASSIGN_OR_RETURN(lora.digest, sha256_of_file(lora.path));
    const bool is_twice = std::any_of(loras.begin(), loras.end(), [&](const WeightFile& other) {
      return other.digest == lora.digest;
    });
    if (is_twice) {
      diagnostics.error(section.file.at,
                        "the LoRA file " + lora.path + " is named twice; add its multipliers up");
    }
    loras.push_back(std::move(lora));
  }
  return loras;
}

}  // namespace

Result<Dataset> resolve_dataset(const DatasetSection& section, Diagnostics& diagnostics) {
  std::error_code error;
  if (!fs::exists(section.manifest.text, error)) {
    return missing(section.manifest.at, "no manifest at " + section.manifest.text +
                                            "; write it with `cox dataset index`");
  }
  const auto manifest = dataset::read_manifest(section.manifest.text);
  if (!manifest.is_ok()) return manifest.status().with_context(place(section.manifest.at));
  Dataset dataset;
  dataset.name = section.name.empty() ? manifest->name : section.name;
  dataset.videos = VideoSelection(*manifest, section, diagnostics).select();
  for (const PlacedText& id : section.expected_failures) {
    dataset.expected_failures.push_back(id.text);
  }
  dataset.digest = dataset_digest(dataset.videos);
  if (dataset.videos.empty()) diagnostics.error(section.at, "the sweep names no video");
  return dataset;
}

Result<ModelFiles> resolve_model(const BackboneSection& section, const std::vector<Run>& runs,
                                 Diagnostics& diagnostics) {
  ModelFiles model;
  model.backbone = section.name;
  model.directory = absolute_path(section.model.text);
  std::error_code error;
  if (!fs::is_directory(model.directory, error)) {
    return missing(section.model.at,
                   "no model directory at " + model.directory +
                       "; expected the published layout with dit/, vae/ and text_encoder/");
  }
  COX_ASSIGN_OR_RETURN(model.digest, sha256_of_directory(model.directory));

  COX_ASSIGN_OR_RETURN(model.loras, resolve_loras(section.loras, diagnostics));

  for (const auto& [metric, file] : section.weights) {
    const bool is_read = std::any_of(runs.begin(), runs.end(), [&, name = metric](const Run& run) {
      return measures(run.parameters, name);
    });
    if (!is_read) continue;
    WeightFile weights{absolute_path(file.text), ""};
    if (!fs::is_regular_file(weights.path, error)) {
      return missing(file.at, concat("no weights of metric ", metric, " at ", weights.path));
    }
    COX_ASSIGN_OR_RETURN(weights.digest, sha256_of_file(weights.path));
    model.metric_weights.emplace(metric, std::move(weights));
  }
  for (const Run& run : runs) {
    if (!measures(run.parameters, kNeedsWeights) || section.weights.contains(kNeedsWeights))
      continue;
    diagnostics.error(section.at, concat("run '", run.name, "' measures ", kNeedsWeights,
                                         "; give backbone.weights: {", kNeedsWeights,
                                         ": FILE}, a safetensors file"));
    break;
  }
  return model;
}

void check_video_lengths(const Dataset& dataset, const std::vector<Run>& runs, const Position& at,
                         Diagnostics& diagnostics) {
  constexpr size_t kMaxNamed = 10;
  std::map<std::int64_t, std::string> first_run;  // by source frames needed
  for (const Run& run : runs) first_run.emplace(source_frames_needed(run.parameters), run.name);
  const std::set<std::string> expected(dataset.expected_failures.begin(),
                                       dataset.expected_failures.end());
  for (const auto& [needed, run] : first_run) {
    std::vector<std::string> too_short;
    for (const PlannedVideo& video : dataset.videos) {
      if (video.frames >= needed || expected.count(video.id) != 0) continue;
      too_short.push_back(concat(video.id, " (", video.frames, ")"));
    }
    if (too_short.empty()) continue;
    const size_t count = too_short.size();
    diagnostics.error(
        at,
        concat(count, count == 1 ? " video is" : " videos are", " too short for run '", run,
               "', which reads ", needed, " source frames: ", join_first(too_short, kMaxNamed)),
        "leave them out with dataset.exclude, or name them under "
        "dataset.expected_failures");
  }
}

}  // namespace cox::sweep
