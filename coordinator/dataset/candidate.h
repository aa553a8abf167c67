#pragma once

#include <string>
#include <vector>

#include "base/status.h"
#include "coordinator/dataset/index.h"

namespace cox::dataset {

/// A video that a data set says it has, before its file is looked at.
struct Candidate {
  std::string id;
  std::string path;  ///< absolute; "" when there is no file for it
  std::string caption;
  std::string caption_source;
  std::string rank_key;  ///< what is hashed to draw a sample
  std::string source;    ///< drawn samples hold one clip of each source; "" = its own
};

/// What a layout finds below the root.
struct Listing {
  std::vector<Candidate> candidates;
  std::vector<RejectedVideo> rejected;  ///< entries that could not be understood
  std::vector<std::string> filters;     ///< for the manifest
};

// One for each line of layouts.def.
#define COX_LAYOUT(name) Result<Listing> list_##name(const IndexOptions& options);
#include "coordinator/dataset/layouts.def"
#undef COX_LAYOUT

/// Absolute paths of all video files below `root`, in byte order of their paths; hidden files and
/// folders are left out.
Result<std::vector<std::string>> find_video_files(const std::string& root);

/// A caption file's text without surrounding blanks. An empty one, or one of several lines, is an
/// error: a prompt is one line.
Result<std::string> read_caption(const std::string& path);

}  // namespace cox::dataset
