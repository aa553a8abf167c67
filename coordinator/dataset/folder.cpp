#include <algorithm>
#include <filesystem>

#include "base/file.h"
#include "base/text.h"
#include "coordinator/dataset/candidate.h"

namespace cox::dataset {

namespace fs = std::filesystem;

namespace {

/// Makes `sub_dir_clip` of `sub/dir/clip.mp4`: ids name output files.
std::string id_of(const fs::path& file, const fs::path& root) {
  std::string id = file.lexically_relative(root).replace_extension().string();
  std::replace(id.begin(), id.end(), '/', '_');
  return id;
}

std::string words_of(std::string stem) {
  std::replace_if(
      stem.begin(), stem.end(), [](char c) { return c == '_' || c == '-'; }, ' ');
  return trim(stem);
}

Status add_caption(const fs::path& file, bool from_name, Candidate& candidate) {
  const fs::path sidecar = fs::path(file).replace_extension(".txt");
  std::error_code error;
  if (fs::exists(sidecar, error)) {
    COX_ASSIGN_OR_RETURN(candidate.caption, read_caption(sidecar.string()));
    candidate.caption_source = "sidecar";
  } else if (from_name) {
    candidate.caption = words_of(file.stem().string());
    candidate.caption_source = "file_name";
  } else {
    candidate.caption_source = "none";
  }
  return Status::ok();
}

}  // namespace

/// Lists every video file below the root; its caption is in a .txt file of the same name.
Result<Listing> list_folder(const IndexOptions& options) {
  if (!options.list_file.empty()) {
    return invalid_argument(
        "--csv and --split belong to the layouts panda70m and ucf101, got layout folder");
  }
  COX_ASSIGN_OR_RETURN(const auto files, find_video_files(options.root));
  const fs::path root = normalized_path(fs::absolute(options.root).string());
  Listing listing;
  listing.rejected = files.rejected;
  listing.images = files.images;
  for (const std::string& file : files.paths) {
    Candidate candidate;
    candidate.id = id_of(file, root);
    candidate.path = file;
    candidate.rank_key = candidate.id;
    COX_RETURN_IF_ERROR(add_caption(file, options.captions_from_file_names, candidate));
    listing.candidates.push_back(std::move(candidate));
  }
  return listing;
}

}  // namespace cox::dataset
