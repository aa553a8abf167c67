#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <filesystem>
#include <map>

#include "base/file.h"
#include "base/text.h"
#include "coordinator/dataset/candidate.h"
#include "coordinator/dataset/class_captions.h"

namespace cox::dataset {

namespace fs = std::filesystem;

namespace {

constexpr std::size_t kMaxSplitBytes = 256 << 20;

/// A clip as `Class/file.avi`, the form of the split lists.
struct ClipName {
  std::string folder;
  std::string file;
};

/// `Class/v_Class_g01_c01.avi`, with a class number behind it in the training lists.
Result<ClipName> parse_entry(const std::string& line, const std::string& where) {
  const std::size_t blank = line.find(' ');
  const std::string path = line.substr(0, blank);
  const std::size_t slash = path.find('/');
  const std::string label = blank == std::string::npos ? "" : trim(line.substr(blank));
  const bool numeric = std::all_of(label.begin(), label.end(), [](char c) {
    return std::isdigit(static_cast<unsigned char>(c)) != 0;
  });
  if (slash == std::string::npos || slash == 0 || slash + 1 == path.size() || !numeric ||
      path.find('/', slash + 1) != std::string::npos) {
    return invalid_argument(fmt::format(
        "{}: expected `Class/clip.avi` or `Class/clip.avi number`, got `{}`", where, line));
  }
  return ClipName{path.substr(0, slash), path.substr(slash + 1)};
}

Result<std::vector<ClipName>> read_split_list(const std::string& path) {
  COX_ASSIGN_OR_RETURN(const std::string text, read_text_file(path, kMaxSplitBytes));
  std::vector<ClipName> names;
  int number = 0;
  for (const std::string& raw : split(text, '\n')) {
    ++number;
    const std::string line = trim(raw);  // the published lists end lines with CR LF
    if (line.empty()) continue;
    COX_ASSIGN_OR_RETURN(ClipName name, parse_entry(line, fmt::format("{}:{}", path, number)));
    names.push_back(std::move(name));
  }
  return names;
}

/// The files by `class/file` in lower case: the published lists and folders disagree in case
/// (HandstandPushups/v_HandStandPushups_g01_c01.avi).
Result<std::map<std::string, std::string>> files_by_name(const VideoFiles& files) {
  std::map<std::string, std::string> by_name;
  for (const std::string& file : files.paths) {
    const fs::path path(file);
    const std::string key = lower_case((path.parent_path().filename() / path.filename()).string());
    const auto [known, added] = by_name.emplace(key, file);
    if (!added) {
      return invalid_argument(fmt::format("'{}' and '{}' are the same clip of UCF-101; remove one",
                                          known->second, file));
    }
  }
  return by_name;
}

}  // namespace

/// Lists class folders of clips: all of them, or those of one train or test list.
Result<Listing> list_ucf101(const IndexOptions& options) {
  COX_ASSIGN_OR_RETURN(const VideoFiles videos, find_video_files(options.root));
  COX_ASSIGN_OR_RETURN(const auto files, files_by_name(videos));
  COX_ASSIGN_OR_RETURN(const ClassCaptions captions,
                       ClassCaptions::read(options.caption_template, options.caption_file));
  std::vector<ClipName> names;
  if (!options.list_file.empty()) {
    COX_ASSIGN_OR_RETURN(names, read_split_list(options.list_file));
  } else {
    for (const auto& [key, file] : files) {
      const fs::path path(file);
      names.push_back({path.parent_path().filename().string(), path.filename().string()});
    }
  }
  Listing listing;
  listing.rejected = videos.rejected;
  for (const ClipName& name : names) {
    Candidate candidate;
    candidate.id = fs::path(name.file).stem().string();
    const auto file = files.find(lower_case(name.folder + "/" + name.file));
    // The folder names the class; the file's name sometimes spells it differently.
    std::string class_name = name.folder;
    if (file != files.end()) {
      candidate.path = file->second;
      class_name = fs::path(file->second).parent_path().filename().string();
    } else {
      candidate.looked_for = name.folder + "/" + name.file;
    }
    COX_ASSIGN_OR_RETURN(candidate.caption, captions.for_class(class_name));
    candidate.caption_source = captions.source();
    candidate.rank_key = candidate.id;
    listing.candidates.push_back(std::move(candidate));
  }
  return listing;
}

}  // namespace cox::dataset
