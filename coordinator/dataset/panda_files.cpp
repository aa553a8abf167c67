#include "coordinator/dataset/panda_files.h"

#include <filesystem>
#include <nlohmann/json.hpp>
#include <optional>
#include <regex>

#include "base/file.h"
#include "base/text.h"
#include "coordinator/dataset/candidate.h"

namespace cox::dataset {

namespace fs = std::filesystem;

namespace {

using ClipKey = std::pair<std::string, std::int64_t>;

std::optional<ClipKey> key_by_name(const std::string& stem) {
  static const std::regex kForm("([A-Za-z0-9_-]{11})(?:[._]|_segment_)([0-9]{1,6})");
  std::smatch match;
  if (!std::regex_match(stem, match, kForm)) return std::nullopt;
  return ClipKey{match[1], std::stoll(match[2])};
}

/// The source of a video2dataset clip stands in the json beside it.
Result<ClipKey> key_by_sidecar(const fs::path& sidecar, const std::string& clip) {
  COX_ASSIGN_OR_RETURN(const std::string text, read_file(sidecar.string()));
  const auto json = nlohmann::json::parse(text, nullptr, /*allow_exceptions=*/false);
  const bool has_url = json.is_object() && json.contains("url") && json["url"].is_string();
  const std::string url = has_url ? json["url"].get<std::string>() : "";
  static const std::regex kWatch(".*[?&]v=([A-Za-z0-9_-]{11})(?:&.*)?");
  constexpr std::size_t kLongestUrl = 2000;
  std::smatch match;
  if (url.size() > kLongestUrl || !std::regex_match(url, match, kWatch)) {
    return invalid_argument(concat("'", sidecar.string(), "': expected a `url` with v=ID, got '",
                                   url.substr(0, kLongestUrl), "'"));
  }
  return ClipKey{match[1], std::stoll(clip)};
}

}  // namespace

Result<PandaFiles> find_panda_files(const std::string& root) {
  static const std::regex kDownloaded("[0-9]{7,}_([0-9]{5})");
  COX_ASSIGN_OR_RETURN(const auto paths, find_video_files(root));
  PandaFiles files;
  for (const std::string& path : paths) {
    const std::string stem = fs::path(path).stem().string();
    const fs::path sidecar = fs::path(path).replace_extension(".json");
    std::smatch match;
    std::error_code error;
    std::optional<ClipKey> key = key_by_name(stem);
    if (std::regex_match(stem, match, kDownloaded) && fs::exists(sidecar, error)) {
      COX_ASSIGN_OR_RETURN(key, key_by_sidecar(sidecar, match[1]));
    }
    if (!key) continue;
    const auto [known, added] = files.emplace(*key, path);
    if (!added) {
      return invalid_argument(concat("'", known->second, "' and '", path, "' are both clip ",
                                     key->second, " of ", key->first, "; remove one"));
    }
  }
  return files;
}

}  // namespace cox::dataset
