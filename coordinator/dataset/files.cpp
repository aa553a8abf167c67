#include <algorithm>
#include <filesystem>
#include <set>

#include "base/file.h"
#include "base/text.h"
#include "coordinator/dataset/candidate.h"

namespace cox::dataset {

namespace fs = std::filesystem;

namespace {

const std::set<std::string>& video_extensions() {
  static const std::set<std::string> kExtensions = {".avi", ".m4v", ".mkv", ".mov",
                                                    ".mp4", ".mpg", ".webm"};
  return kExtensions;
}

}  // namespace

Result<std::vector<std::string>> find_video_files(const std::string& root) {
  std::error_code error;
  if (!fs::is_directory(root, error)) {
    return not_found(
        concat("'", root, "' is not a folder; expected the one that holds the videos"));
  }
  std::vector<std::string> files;
  fs::recursive_directory_iterator entry(fs::absolute(root).lexically_normal(), error);
  for (const fs::recursive_directory_iterator end; !error && entry != end; entry.increment(error)) {
    std::error_code unreadable;  // such an entry is neither a folder nor a file
    const bool hidden = starts_with(entry->path().filename().string(), ".");
    if (hidden && entry->is_directory(unreadable)) entry.disable_recursion_pending();
    const bool video =
        video_extensions().count(lower_case(entry->path().extension().string())) != 0;
    if (!hidden && video && entry->is_regular_file(unreadable))
      files.push_back(entry->path().string());
  }
  if (error) return unavailable(concat("cannot list '", root, "': ", error.message()));
  std::sort(files.begin(), files.end());
  return files;
}

Result<std::string> read_caption(const std::string& path) {
  COX_ASSIGN_OR_RETURN(const std::string text, read_file(path));
  const std::string caption = trim(text);
  if (caption.empty() || caption.find('\n') != std::string::npos) {
    return invalid_argument(concat("'", path, "': expected one line of caption, got ",
                                   caption.empty() ? "none" : "several"));
  }
  return caption;
}

}  // namespace cox::dataset
