#include <fmt/format.h>

#include <filesystem>
#include <set>

#include "base/file.h"
#include "base/text.h"
#include "coordinator/dataset/candidate.h"

namespace cox::dataset {

namespace fs = std::filesystem;

namespace {

constexpr std::size_t kMaxCaptionBytes = 64 << 10;

std::string ending_of(const std::string& path) {
  return lower_case(fs::path(path).extension().string());
}

bool is_video_name(const std::string& path) {
  static const std::set<std::string> kExtensions = {".avi", ".m4v", ".mkv", ".mov",
                                                    ".mp4", ".mpg", ".webm"};
  return kExtensions.count(ending_of(path)) != 0;
}

bool is_image_name(const std::string& path) {
  static const std::set<std::string> kExtensions = {".bmp", ".gif", ".jpeg", ".jpg",
                                                    ".png", ".tif", ".tiff", ".webp"};
  return kExtensions.count(ending_of(path)) != 0;
}

RejectedVideo left_out(const std::string& below, const std::string& reason,
                       const std::string& message) {
  RejectedVideo rejected;
  rejected.id = escaped(below);
  rejected.reason = reason;
  rejected.message = message;
  return rejected;
}

/// Lists one entry of the walk, or records why it is left out.
void add_entry(const FolderEntry& entry, const fs::path& root, VideoFiles& files) {
  const std::string shown = escaped((root / entry.path).string());
  if (entry.kind == FolderEntry::Kind::kLoop) {
    files.rejected.push_back(
        left_out(entry.path, "link_loop",
                 fmt::format("'{}' is a link to a folder that contains it, which is listed already",
                             shown)));
  } else if (!is_video_name(entry.path)) {
    if (is_image_name(entry.path)) ++files.images;
  } else if (first_invalid_utf8(entry.path)) {
    files.rejected.push_back(
        left_out(entry.path, "name_not_utf8",
                 fmt::format("the name of '{}' is not UTF-8; rename the file", shown)));
  } else if (first_control_character(entry.path)) {
    files.rejected.push_back(
        left_out(entry.path, "name_not_text",
                 fmt::format("the name of '{}' has a control character; rename the file", shown)));
  } else if (entry.kind == FolderEntry::Kind::kOther) {
    files.rejected.push_back(
        left_out(entry.path, "not_a_file",
                 fmt::format("'{}': expected a file, got a device, a pipe or a socket", shown)));
  } else {
    files.paths.push_back((root / entry.path).string());
  }
}

}  // namespace

Result<VideoFiles> find_video_files(const std::string& root) {
  std::error_code error;
  if (!fs::is_directory(root, error)) {
    return not_found(
        fmt::format("'{}' is not a folder; expected the folder that holds the videos", root));
  }
  const fs::path folder = normalized_path(fs::absolute(root).string());
  if (first_invalid_utf8(folder.string())) {
    return invalid_argument(
        fmt::format("the path '{}' is not UTF-8; rename the folder", escaped(folder.string())));
  }
  COX_ASSIGN_OR_RETURN(const auto entries, walk_folder(folder.string()));
  VideoFiles files;
  for (const FolderEntry& entry : entries) add_entry(entry, folder, files);
  return files;
}

std::string caption_fault(const std::string& caption) {
  if (const auto at = first_invalid_utf8(caption)) {
    return fmt::format("byte 0x{:02X} at byte {} is not UTF-8",
                       static_cast<unsigned char>(caption[*at]), *at);
  }
  if (const auto at = first_control_character(caption, "\t\r\n")) {
    return fmt::format("control character 0x{:02X} at byte {}",
                       static_cast<unsigned char>(caption[*at]), *at);
  }
  return "";
}

Result<std::string> read_caption(const std::string& path) {
  COX_ASSIGN_OR_RETURN(const std::string text, read_text_file(path, kMaxCaptionBytes));
  const std::string caption = trim(text);
  if (caption.empty() || caption.find('\n') != std::string::npos) {
    return invalid_argument(fmt::format("'{}': expected one line of caption, got {}", path,
                                        caption.empty() ? "none" : "several"));
  }
  if (const std::string fault = caption_fault(caption); !fault.empty()) {
    return invalid_argument(fmt::format("'{}': {}", path, fault));
  }
  return caption;
}

}  // namespace cox::dataset
