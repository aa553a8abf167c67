#pragma once

#include <string>
#include <vector>

#include "base/status.h"
#include "coordinator/dataset/index.h"

namespace cox::dataset {

/// A video that a data set lists, before its file is examined.
struct Candidate {
  std::string id;
  std::string path;        ///< absolute; "" when there is no file for it
  std::string looked_for;  ///< without a path: the file names that would have been taken
  std::string caption;
  std::string caption_source;
  std::string rank_key;  ///< what is hashed to draw a sample
  std::string source;    ///< drawn samples hold one clip of each source; "" = its own
};

/// The videos that a layout lists below the root.
struct Listing {
  std::vector<Candidate> candidates;
  std::vector<RejectedVideo> rejected;  ///< entries that could not be understood
  std::vector<std::string> filters;     ///< for the manifest
  std::size_t images = 0;               ///< image files, which are not items
};

// One for each line of layouts.def.
#define COX_LAYOUT(name) Result<Listing> list_##name(const IndexOptions& options);
#include "coordinator/dataset/layouts.def"
#undef COX_LAYOUT

/// Video files below a folder, and what was left out while listing them.
struct VideoFiles {
  /// Absolute, made of the names walked, in byte order. A link that leads nowhere is listed: it
  /// names a clip, whose file is missing.
  std::vector<std::string> paths;
  std::vector<RejectedVideo> rejected;
  std::size_t images = 0;  ///< image files below the folder
};

/// Lists the video files below `root`: links followed, hidden names left out. Names that are not
/// UTF-8 (`name_not_utf8`), links to a folder that contains them (`link_loop`) and devices or pipes
/// under a video's name (`not_a_file`) are rejected by name.
Result<VideoFiles> find_video_files(const std::string& root);

/// Reads a caption file: one line, surrounding blanks removed. An error for an empty file, for
/// several lines, and for anything that caption_fault finds.
Result<std::string> read_caption(const std::string& path);

/// Returns why `caption` cannot be a prompt ("control character 0x1B at byte 2"), or "". Tabs and
/// line breaks are allowed.
std::string caption_fault(const std::string& caption);

}  // namespace cox::dataset
