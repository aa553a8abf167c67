#include "coordinator/dataset/index.h"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <set>
#include <utility>

#include "base/digest.h"
#include "base/text.h"
#include "coordinator/dataset/candidate.h"
#include "coordinator/dataset/examine.h"
#include "coordinator/dataset/prompts.h"
#include "coordinator/dataset/rank.h"

namespace cox::dataset {

namespace {

/// Refuses options of other layouts, which would change nothing.
Status refuse_foreign_options(const IndexOptions& options) {
  struct LayoutOption {
    const char* name;  ///< as `cox dataset index` has it
    const char* layout;
    bool is_given;
  };
  const LayoutOption all[] = {
      {"--min-duration-ms", "panda70m", options.min_duration_ms != 0},
      {"--max-duration-ms", "panda70m", options.max_duration_ms != 0},
      {"--desirable-only", "panda70m", options.desirable_only},
      {"--single-shot-only", "panda70m", options.single_shot_only},
      {"--caption-template", "ucf101", options.caption_template != IndexOptions().caption_template},
      {"--caption-file", "ucf101", !options.caption_file.empty()},
      {"--captions-from-file-names", "folder", options.captions_from_file_names},
      {"--dimension", "prompts", !options.dimensions.empty()},
  };
  std::vector<std::string> foreign;
  for (const LayoutOption& option : all) {
    if (!option.is_given || option.layout == options.layout) continue;
    foreign.push_back(fmt::format("{} (of {})", option.name, option.layout));
  }
  if (foreign.empty()) return Status::ok();
  return invalid_argument(
      fmt::format("layout {} does not use {}; drop it", options.layout, join(foreign, ", ")));
}

Result<Listing> list_candidates(const IndexOptions& options) {
#define COX_LAYOUT(known)                                 \
  if (options.layout == #known) {                         \
    COX_RETURN_IF_ERROR(refuse_foreign_options(options)); \
    return list_##known(options);                         \
  }
#include "coordinator/dataset/layouts.def"
#undef COX_LAYOUT
  const std::string near = nearest_name(options.layout, layout_names());
  return invalid_argument(fmt::format("unknown layout '{}': expected {}{}", options.layout,
                                      join(layout_names(), ", "),
                                      near.empty() ? "" : "; did you mean '" + near + "'?"));
}

Status check_unique(const std::vector<Candidate>& candidates) {
  std::set<std::string> seen;
  for (const Candidate& candidate : candidates) {
    if (seen.insert(candidate.id).second) continue;
    return invalid_argument(
        fmt::format("two videos would have the id '{}', one is '{}'; rename it, or list it once",
                    candidate.id, candidate.path));
  }
  return Status::ok();
}

Result<Manifest> empty_manifest(const IndexOptions& options, const Listing& listing) {
  Manifest manifest;
  const auto root = std::filesystem::absolute(options.root + "/").lexically_normal();
  manifest.name = options.name.empty() ? root.parent_path().filename().string() : options.name;
  manifest.layout = options.layout;
  manifest.seed = options.seed;
  manifest.sample = options.sample;
  manifest.min_frames = options.min_frames;
  manifest.filters = listing.filters;
  manifest.rejected = listing.rejected;
  if (!options.list_file.empty()) {
    manifest.list_file = std::filesystem::path(options.list_file).filename().string();
    COX_ASSIGN_OR_RETURN(manifest.list_sha256, sha256_of_file(options.list_file));
  }
  return manifest;
}

/// Walks the candidates in order and fills the manifest until the sample is full.
void draw(const std::vector<Candidate>& candidates, const IndexOptions& options,
          const ProgressFunction& progress, Manifest& manifest) {
  std::set<std::string> sources;
  IndexProgress seen;
  seen.candidates = candidates.size();
  for (const Candidate& candidate : candidates) {
    if (options.sample > 0 && manifest.videos.size() == options.sample) return;
    const bool repeated = options.sample > 0 && sources.count(candidate.source) != 0;
    auto verdict =
        repeated
            ? RejectedVideo{candidate.id,
                            candidate.path,
                            "",
                            candidate.caption,
                            "same_source",
                            fmt::format("the sample contains another clip of {}", candidate.source)}
            : examine(candidate, options);
    seen.id = candidate.id;
    ++seen.examined;
    if (auto* left_out = std::get_if<RejectedVideo>(&verdict)) {
      seen.reason = left_out->reason;
      manifest.rejected.push_back(std::move(*left_out));
    } else {
      seen.reason = "";
      ++seen.accepted;
      if (!candidate.source.empty()) sources.insert(candidate.source);
      manifest.videos.push_back(std::get<ManifestVideo>(std::move(verdict)));
    }
    if (progress) progress(seen);
  }
}

}  // namespace

std::vector<std::string> layout_names() {
  std::vector<std::string> names = {
#define COX_LAYOUT(name) #name,
#include "coordinator/dataset/layouts.def"
#undef COX_LAYOUT
  };
  for (const std::string& name : prompt_layout_names()) names.push_back(name);
  return names;
}

namespace {

/// What to do with a folder that holds images instead; "" without any.
std::string images_hint(std::size_t images) {
  if (images == 0) return "";
  return fmt::format(
      "; it has {} image{}, which {} not read as items: write each as a video of one frame, "
      "such as with `ffmpeg -i NAME.png -c copy NAME.mkv`",
      images, images == 1 ? "" : "s", images == 1 ? "is" : "are");
}

}  // namespace

Result<Manifest> index_dataset(const IndexOptions& options, const ProgressFunction& progress) {
  if (is_prompt_layout(options.layout)) {
    COX_RETURN_IF_ERROR(refuse_foreign_options(options));
    return index_prompts(options);
  }
  COX_ASSIGN_OR_RETURN(Listing listing, list_candidates(options));
  if (listing.candidates.empty() && listing.rejected.empty()) {
    return not_found(
        fmt::format("no videos of layout {} in '{}'{}{}", options.layout, options.root,
                    options.list_file.empty() ? "" : " and '" + options.list_file + "'",
                    images_hint(listing.images)));
  }
  COX_RETURN_IF_ERROR(check_unique(listing.candidates));
  COX_ASSIGN_OR_RETURN(Manifest manifest, empty_manifest(options, listing));
  if (options.sample > 0) rank_candidates(options.layout, options.seed, listing.candidates);
  draw(listing.candidates, options, progress, manifest);
  return manifest;
}

}  // namespace cox::dataset
