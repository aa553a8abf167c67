#include "coordinator/dataset/panda_files.h"

#include <fmt/format.h>

#include <cmath>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <regex>
#include <tuple>

#include "base/file.h"
#include "base/text.h"
#include "coordinator/dataset/python_literal.h"

namespace cox::dataset {

namespace fs = std::filesystem;
using Json = nlohmann::ordered_json;

namespace {

/// The id in a YouTube address: watch?v=ID, youtu.be/ID, embed/ID, shorts/ID; "" for others.
std::string youtube_id(const std::string& url) {
  static const std::regex kForm(
      ".*(?:[?&]v=|youtu\\.be/|/embed/|/shorts/|/v/)([A-Za-z0-9_-]{11})(?:[?&#].*)?");
  constexpr std::size_t kMaxUrlBytes = 2000;
  std::smatch match;
  return url.size() <= kMaxUrlBytes && std::regex_match(url, match, kForm) ? match[1].str() : "";
}

std::optional<std::int64_t> milliseconds(const Json& time) {
  if (time.is_number()) return std::llround(time.get<double>() * 1000);
  return time.is_string() ? parse_timestamp_ms(time.get<std::string>()) : std::nullopt;
}

/// Returns the start of the clip under `clips`: a list [[start, end]], or a string with that list
/// as Python prints it.
std::optional<std::int64_t> start_of(const Json& clips) {
  if (clips.is_array() && clips.size() == 1 && clips[0].is_array() && !clips[0].empty()) {
    return milliseconds(clips[0][0]);
  }
  if (!clips.is_string()) return std::nullopt;
  const auto printed = parse_python_literal(clips.get<std::string>());
  if (!printed.is_ok() || printed->list() == nullptr || printed->list()->size() != 1) {
    return std::nullopt;
  }
  const PythonValue::List* pair = printed->list()->front().list();
  if (pair == nullptr || pair->empty()) return std::nullopt;
  if (const std::string* text = pair->front().text()) return parse_timestamp_ms(*text);
  if (const double* seconds = pair->front().number()) return std::llround(*seconds * 1000);
  return std::nullopt;
}

}  // namespace

bool PandaFiles::Key::operator<(const Key& other) const {
  // Files with times come before files with numbers, so that each kind is found by itself.
  const auto order = [](const Key& key) {
    return std::make_tuple(key.video_id, key.start_ms ? 0 : 1, key.start_ms.value_or(key.number));
  };
  return order(*this) < order(other);
}

std::optional<PandaFiles::Key> PandaFiles::key_by_name(const std::string& stem) {
  static const std::regex kForm("([A-Za-z0-9_-]{11})(?:[._]|_segment_)([0-9]{1,6})");
  std::smatch match;
  if (!std::regex_match(stem, match, kForm)) return std::nullopt;
  return Key{match[1], std::stoll(match[2]), std::nullopt};
}

Result<PandaFiles::Key> PandaFiles::key_by_sidecar(const std::string& sidecar,
                                                   const std::string& number) {
  constexpr std::size_t kMaxSidecarBytes = 64 << 20;  // subtitles and all
  COX_ASSIGN_OR_RETURN(const std::string text, read_text_file(sidecar, kMaxSidecarBytes));
  const Json json = Json::parse(text, nullptr, /*allow_exceptions=*/false);
  const bool has_url = json.is_object() && json.contains("url") && json["url"].is_string();
  const std::string url = has_url ? json["url"].get<std::string>() : "";
  const std::string id = youtube_id(url);
  if (id.empty()) {
    return invalid_argument(fmt::format("'{}': expected a `url` of YouTube with its id, got '{}'",
                                        sidecar, escaped(abbreviated(url, 200))));
  }
  return Key{id, std::stoll(number),
             json.contains("clips") ? start_of(json["clips"]) : std::nullopt};
}

Status PandaFiles::add(const std::string& path, const std::string& below) {
  static const std::regex kDownloaded("[0-9]{7,}_([0-9]{5})");
  const std::string stem = fs::path(path).stem().string();
  std::smatch match;
  std::optional<Key> key = key_by_name(stem);
  if (std::regex_match(stem, match, kDownloaded)) {
    const std::string sidecar = fs::path(path).replace_extension(".json").string();
    const auto found = key_by_sidecar(sidecar, match[1]);
    if (!found.is_ok()) {
      rejected_.push_back({fs::path(below).replace_extension().string(), path, "", "",
                           "unknown_source", found.status().message()});
      return Status::ok();
    }
    key = *found;
  }
  if (!key) return Status::ok();
  const auto [known, added] = files_.emplace(*key, path);
  if (added) return Status::ok();
  return invalid_argument(fmt::format("'{}' and '{}' are both clip {} of {}; remove one",
                                      known->second, path, key->number, key->video_id));
}

Result<PandaFiles> PandaFiles::find(const std::string& root) {
  COX_ASSIGN_OR_RETURN(const VideoFiles videos, find_video_files(root));
  const fs::path folder = normalized_path(fs::absolute(root).string());
  PandaFiles files;
  files.rejected_ = videos.rejected;
  for (const std::string& path : videos.paths) {
    COX_RETURN_IF_ERROR(files.add(path, fs::path(path).lexically_relative(folder).string()));
  }
  return files;
}

std::string PandaFiles::file_of(const std::string& video_id, std::int64_t number,
                                const PandaClip& clip) const {
  for (const Key& key : {Key{video_id, 0, clip.start_ms}, Key{video_id, number, std::nullopt}}) {
    if (const auto found = files_.find(key); found != files_.end()) return found->second;
  }
  return "";
}

std::string PandaFiles::names_of(const std::string& video_id, std::int64_t number) {
  return fmt::format(
      "{0}_{1}.*, {0}.{1}.*, {0}_segment_{1}.*, or NNNNNNN_NNNNN.* with a .json whose url names "
      "{0}",
      video_id, number);
}

}  // namespace cox::dataset
