#include "coordinator/sweep/inputs.h"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <map>
#include <set>
#include <utility>

#include "base/digest.h"
#include "base/file.h"
#include "base/text.h"
#include "coordinator/dataset/manifest.h"
#include "coordinator/sweep/geometry.h"
#include "coordinator/sweep/identity.h"
#include "record/prompt.h"
#include "schemas/backbone_schema.h"
#include "schemas/metric_schema.h"

namespace cox::sweep {

namespace fs = std::filesystem;

namespace {

std::string absolute_path(const std::string& path) {
  std::error_code error;
  const fs::path absolute = normalized_path(fs::absolute(path, error).string());
  // A trailing slash would give the directory a second name.
  return (absolute.has_filename() ? absolute : absolute.parent_path()).string();
}

/// Selects items from one manifest.
class VideoSelection {
 public:
  VideoSelection(const dataset::Manifest& manifest, const DatasetSection& section,
                 Diagnostics& diagnostics)
      : manifest_(manifest), section_(section), diagnostics_(diagnostics) {
    for (const auto& video : manifest.videos) ids_.push_back(video.id);
    for (const auto& video : manifest.rejected) ids_.push_back(video.id);
    for (const auto& prompt : manifest.prompts) ids_.push_back(prompt.id);
  }

  std::vector<PlannedVideo> select() {
    const std::set<std::string> included = known_ids(section_.include, "include");
    const std::set<std::string> excluded = known_ids(section_.exclude, "exclude");
    std::vector<PlannedVideo> videos;
    for (PlannedVideo& item : items()) {
      if (!included.empty() && included.count(item.id) == 0) continue;
      if (excluded.count(item.id) != 0) continue;
      if (section_.max_videos && static_cast<std::int64_t>(videos.size()) == *section_.max_videos) {
        break;
      }
      videos.push_back(std::move(item));
    }
    for (const LocatedText& id : section_.expected_failures) add_expected_failure(id, videos);
    return videos;
  }

 private:
  /// Every item of the manifest. A prompt has no file and no frames.
  std::vector<PlannedVideo> items() const {
    std::vector<PlannedVideo> items;
    for (const auto& video : manifest_.videos) {
      items.push_back(
          {{video.id, video.path, video.sha256, video.caption}, video.frames, video.frame_rate});
    }
    for (const auto& prompt : manifest_.prompts) {
      items.push_back({{prompt.id, "", "", prompt.prompt, prompt.dimensions}, 0, 0});
    }
    return items;
  }

  bool is_known(const LocatedText& id, const char* key) {
    if (std::find(ids_.begin(), ids_.end(), id.text) != ids_.end()) return true;
    diagnostics_.error(id.at, fmt::format("dataset.{}: no item '{}' in {}{}", key, id.text,
                                          section_.manifest.text, did_you_mean(id.text, ids_)));
    return false;
  }

  std::set<std::string> known_ids(const std::vector<LocatedText>& wanted, const char* key) {
    std::set<std::string> ids;
    for (const LocatedText& id : wanted) {
      if (is_known(id, key)) ids.insert(id.text);
    }
    return ids;
  }

  // A file that the manifest lists as rejected is still a video when the sweep expects its failure:
  // its jobs run and fail with their cause.
  void add_expected_failure(const LocatedText& id, std::vector<PlannedVideo>& videos) {
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

/// Returns the digest of a file that the sweep names at `at`; "" when it cannot be read, or when
/// the sweep has an error already.
std::string digest_of(const std::string& path, const Position& at, Diagnostics& diagnostics) {
  if (!diagnostics.ok()) return "";
  auto digest = sha256_of_file(path);
  if (!digest.is_ok()) diagnostics.error(at, digest.status().message());
  return digest.is_ok() ? *digest : "";
}

std::vector<WeightFile> resolve_loras(const std::vector<LoraSection>& sections,
                                      Diagnostics& diagnostics) {
  std::vector<WeightFile> loras;
  for (const LoraSection& section : sections) {
    WeightFile lora{absolute_path(section.file.text), "", section.multiplier};
    std::error_code error;
    if (!fs::is_regular_file(lora.path, error)) {
      diagnostics.missing(section.file.at, "no LoRA file at " + lora.path);
      continue;
    }
    lora.digest = digest_of(lora.path, section.file.at, diagnostics);
    const bool is_repeated = std::any_of(loras.begin(), loras.end(), [&](const WeightFile& other) {
      return !lora.digest.empty() && other.digest == lora.digest;
    });
    if (is_repeated) {
      diagnostics.error(
          section.file.at,
          fmt::format("the LoRA file {} is listed twice; list it once, with the sum of "
                      "the multipliers",
                      lora.path));
    }
    loras.push_back(std::move(lora));
  }
  return loras;
}

/// "; SCRIPT makes it from FILE ...", or "" when nothing is known of it.
std::string where_from(const MetricSchema* metric) {
  if (metric == nullptr || metric->weights_source.empty()) return "";
  return fmt::format("; {}", metric->weights_source);
}

void resolve_metric_weights(const BackboneSection& section, const std::vector<Run>& runs,
                            ModelFiles& model, Diagnostics& diagnostics) {
  const auto measuring = [&](const std::string& metric) {
    return std::find_if(runs.begin(), runs.end(),
                        [&](const Run& run) { return measures(run.parameters, metric); });
  };
  for (const auto& [metric, file] : section.weights) {
    if (measuring(metric) == runs.end()) continue;
    WeightFile weights{absolute_path(file.text), ""};
    std::error_code error;
    if (fs::is_regular_file(weights.path, error)) {
      weights.digest = digest_of(weights.path, file.at, diagnostics);
    } else {
      diagnostics.missing(file.at, fmt::format("no weights of metric {} at {}{}", metric,
                                               weights.path, where_from(find_metric(metric))));
    }
    model.metric_weights.emplace(metric, std::move(weights));
  }
  for (const MetricSchema& metric : metric_schemas()) {
    if (!metric.weights || section.weights.contains(std::string(metric.name))) continue;
    const auto run = measuring(std::string(metric.name));
    if (run == runs.end()) continue;
    diagnostics.error(section.at,
                      fmt::format("run '{0}' measures {1}; give backbone.weights: {{{1}: FILE}}{2}",
                                  run->name, metric.name, where_from(&metric)));
  }
}

/// Reports the videos whose files are not at the manifest's paths.
void find_files(const ResolvedDataset& resolved, const Position& at, Diagnostics& diagnostics) {
  constexpr size_t kMaxNamed = 5;
  const auto& allowed = resolved.dataset.expected_failures;
  std::vector<std::string> absent;
  for (const dataset::ManifestVideo& video : resolved.videos) {
    std::error_code error;
    if (fs::is_regular_file(video.path, error)) continue;
    if (std::find(allowed.begin(), allowed.end(), video.id) != allowed.end()) continue;
    absent.push_back(fmt::format("{} ({})", video.id, video.path));
  }
  if (absent.empty()) return;
  diagnostics.missing(at,
                      fmt::format("{} of {} video files are missing: {}", absent.size(),
                                  resolved.videos.size(), join_first(absent, kMaxNamed)),
                      "create the manifest again with `cox dataset index`, or check the sweep "
                      "without its files with --without-inputs");
}

}  // namespace

ResolvedDataset resolve_dataset(const DatasetSection& section, bool find_clips,
                                Diagnostics& diagnostics) {
  ResolvedDataset resolved;
  std::error_code error;
  if (section.manifest.text.empty()) return resolved;  // reported where it was read
  if (!fs::exists(section.manifest.text, error)) {
    diagnostics.missing(section.manifest.at,
                        fmt::format("no manifest at {}; create it with `cox dataset index`",
                                    section.manifest.text));
    return resolved;
  }
  const auto manifest = dataset::read_manifest(section.manifest.text);
  if (!manifest.is_ok()) {
    diagnostics.error(section.manifest.at, manifest.status().message());
    return resolved;
  }
  Dataset& dataset = resolved.dataset;
  dataset.name = section.name.empty() ? manifest->name : section.name;
  dataset.videos = VideoSelection(*manifest, section, diagnostics).select();
  for (const LocatedText& id : section.expected_failures) {
    dataset.expected_failures.push_back(id.text);
  }
  dataset.digest = dataset_digest({dataset.videos.begin(), dataset.videos.end()});
  if (dataset.videos.empty()) diagnostics.error(section.at, "the sweep selects no item");
  std::set<std::string> selected;
  for (const Video& video : dataset.videos) selected.insert(video.id);
  for (const auto& video : manifest->videos) {
    if (selected.count(video.id) != 0) resolved.videos.push_back(video);
  }
  if (find_clips) find_files(resolved, section.manifest.at, diagnostics);
  return resolved;
}

void check_model_parts(const BackboneSection& section, Diagnostics& diagnostics) {
  const BackboneSchema* family = find_backbone(section.name);
  const std::string directory = absolute_path(section.model.text);
  std::error_code error;
  if (family == nullptr || section.model.text.empty() || !fs::is_directory(directory, error)) {
    return;  // reported with the other inputs
  }
  if (check_family(directory, *family).code() == StatusCode::kInvalidArgument) return;  // likewise
  const Status parts = check_parts(directory, *family);
  if (!parts.is_ok()) diagnostics.error(section.model.at, parts.message());
}

ModelFiles resolve_model(const BackboneSection& section, const std::vector<Run>& runs,
                         Diagnostics& diagnostics) {
  ModelFiles model;
  model.backbone = section.name;
  std::error_code error;
  if (!section.model.text.empty()) {
    model.directory = absolute_path(section.model.text);
    if (!fs::is_directory(model.directory, error)) {
      diagnostics.missing(
          section.model.at,
          fmt::format("no model directory at {}; expected the published layout with dit/ or "
                      "transformer/, vae/ and text_encoder/",
                      model.directory));
    }
  }
  model.loras = resolve_loras(section.loras, diagnostics);
  resolve_metric_weights(section, runs, model, diagnostics);
  if (!diagnostics.ok()) return model;
  auto digest = sha256_of_directory(model.directory);
  if (digest.is_ok()) {
    model.digest = *digest;
  } else {
    diagnostics.error(section.model.at, digest.status().message());
  }
  return model;
}

void check_video_lengths(const Dataset& dataset, const std::vector<Run>& runs, const Position& at,
                         Diagnostics& diagnostics) {
  constexpr size_t kMaxNamed = 10;
  const std::set<std::string> expected(dataset.expected_failures.begin(),
                                       dataset.expected_failures.end());
  std::set<std::vector<std::int64_t>> reported;  // what runs that read the same need of each video
  for (const Run& run : runs) {
    std::vector<std::string> too_short;
    std::vector<std::int64_t> all_needed;
    std::int64_t most = 0;
    for (const PlannedVideo& video : dataset.videos_of(run)) {
      const std::int64_t needed = source_frames_needed(run.parameters, video.frame_rate);
      all_needed.push_back(needed);
      if (video.frames >= needed || expected.count(video.id) != 0) continue;
      too_short.push_back(fmt::format("{} ({})", video.id, video.frames));
      most = std::max(most, needed);
    }
    if (!reported.insert(all_needed).second || too_short.empty()) continue;
    const size_t count = too_short.size();
    diagnostics.error(at,
                      fmt::format("{}{} too short for run '{}', which reads {} source frames: {}",
                                  count, count == 1 ? " video is" : " videos are", run.name, most,
                                  join_first(too_short, kMaxNamed)),
                      "leave them out with dataset.exclude, or name them under "
                      "dataset.expected_failures");
  }
}

void check_prompts(const Dataset& dataset, const std::vector<Run>& runs, const Position& at,
                   Diagnostics& diagnostics) {
  constexpr size_t kMaxNamed = 10;
  const std::set<std::string> expected(dataset.expected_failures.begin(),
                                       dataset.expected_failures.end());
  for (const MetricSchema& metric : metric_schemas()) {
    if (!metric.prompt) continue;
    const std::string name(metric.name);
    std::set<std::vector<std::string>> reported;  // runs lack the same prompts
    for (const Run& run : runs) {
      if (!measures(run.parameters, name)) continue;
      std::vector<std::string> without;
      const auto videos = dataset.videos_of(run);
      for (const PlannedVideo& video : videos) {
        if (expected.contains(video.id)) continue;
        if (trim(prompt_of(run.parameters, video.caption)).empty()) without.push_back(video.id);
      }
      if (without.empty() || !reported.insert(without).second) continue;
      diagnostics.error(
          at,
          fmt::format("run '{}' measures {}, but {} of {} videos have no prompt: {}", run.name,
                      name, without.size(), videos.size(), join_first(without, kMaxNamed)),
          "give them captions in the manifest, set prompt_source: constant with a "
          "constant_prompt, or leave the metric out");
    }
  }
}

}  // namespace cox::sweep
