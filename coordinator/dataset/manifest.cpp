#include "coordinator/dataset/manifest.h"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <limits>
#include <nlohmann/json.hpp>
#include <set>
#include <utility>

#include "base/file.h"
#include "base/text.h"
#include "coordinator/dataset/candidate.h"
#include "coordinator/dataset/prompts.h"

namespace cox::dataset {

namespace fs = std::filesystem;
using Json = nlohmann::ordered_json;

namespace {

constexpr const char* kFormat = "cox-manifest/1";

/// Whether a manifest that lacks the key is read: keys that were added to the format are optional.
enum class Presence { kRequired, kOptional };

// One list of fields serves the reader and the writer.
template <typename Video, typename Visit>
void visit_video(Video& video, Visit&& visit) {
  visit("id", video.id);
  visit("path", video.path);
  visit("sha256", video.sha256);
  visit("caption", video.caption);
  visit("caption_source", video.caption_source);
  visit("frames", video.frames);
  visit("frame_rate", video.frame_rate);
  visit("variable_frame_rate", video.variable_frame_rate);
  visit("width", video.width);
  visit("height", video.height);
  visit("rotation", video.rotation);
  visit("pixel_format", video.pixel_format);
  visit("color_matrix", video.color_matrix);
  visit("color_range", video.color_range);
  visit("interlaced", video.interlaced, Presence::kOptional);
  visit("remark", video.remark, Presence::kOptional);
}

template <typename Prompt, typename Visit>
void visit_prompt(Prompt& prompt, Visit&& visit) {
  visit("id", prompt.id);
  visit("prompt", prompt.prompt);
  visit("dimensions", prompt.dimensions);
}

template <typename Rejected, typename Visit>
void visit_rejected(Rejected& rejected, Visit&& visit) {
  visit("id", rejected.id);
  visit("path", rejected.path);
  visit("sha256", rejected.sha256);
  visit("caption", rejected.caption);
  visit("reason", rejected.reason);
  visit("message", rejected.message);
}

template <typename M, typename Visit>
void visit_head(M& manifest, Visit&& visit) {
  visit("name", manifest.name);
  visit("layout", manifest.layout);
  visit("seed", manifest.seed);
  visit("sample", manifest.sample);
  visit("min_frames", manifest.min_frames);
  visit("list_file", manifest.list_file);
  visit("list_sha256", manifest.list_sha256);
  visit("filters", manifest.filters);
}

bool has_type(const Json& json, const std::string&) { return json.is_string(); }
bool has_type(const Json& json, const std::vector<std::string>&) {
  return json.is_array() &&
         std::all_of(json.begin(), json.end(), [](const Json& entry) { return entry.is_string(); });
}
bool has_type(const Json& json, bool) { return json.is_boolean(); }
bool has_type(const Json& json, double) { return json.is_number(); }
bool has_type(const Json& json, std::uint64_t) { return json.is_number_unsigned(); }
bool fits(const Json& json, std::uint64_t largest) {
  return json.is_number_unsigned() && json.get<std::uint64_t>() <= largest;
}
bool has_type(const Json& json, std::int64_t) {
  return fits(json, std::numeric_limits<std::int64_t>::max());
}
bool has_type(const Json& json, int) { return fits(json, std::numeric_limits<int>::max()); }

const char* type_name(const std::string&) { return "a string"; }
const char* type_name(const std::vector<std::string>&) { return "a list of strings"; }
const char* type_name(bool) { return "true or false"; }
const char* type_name(double) { return "a number"; }
const char* type_name(std::uint64_t) { return "a whole number from 0"; }
const char* type_name(std::int64_t) { return "a whole number from 0"; }
const char* type_name(int) { return "a whole number from 0"; }

/// Takes named fields out of a JSON object and remembers the first thing that is wrong.
class StrictObject {
 public:
  StrictObject(const Json& object, std::string where) : object_(object), where_(std::move(where)) {
    if (!object.is_object()) fail(fmt::format("expected an object, got {}", object.type_name()));
  }

  template <typename T>
  void operator()(const char* key, T& field, Presence presence = Presence::kRequired) {
    known_.insert(key);
    if (!status_.is_ok()) return;
    const auto found = object_.find(key);
    if (found == object_.end()) {
      if (presence == Presence::kRequired) fail(fmt::format("'{}' is missing", key));
      return;
    }
    if (!has_type(*found, field)) {
      return fail(fmt::format("'{}' must be {}, got {}", key, type_name(field),
                              abbreviated(found->dump(), 200)));
    }
    field = found->get<T>();
  }

  void allow(const char* key) { known_.insert(key); }

  Status finish() {
    if (!status_.is_ok()) return status_;
    for (const auto& [key, value] : object_.items()) {
      if (known_.count(key) != 0) continue;
      const std::string near = nearest_name(key, {known_.begin(), known_.end()});
      fail(fmt::format("unknown key '{}'{}", key,
                       near.empty() ? "" : "; did you mean '" + near + "'?"));
      break;
    }
    return status_;
  }

 private:
  void fail(const std::string& message) {
    if (status_.is_ok()) status_ = invalid_argument(fmt::format("{}: {}", where_, message));
  }

  const Json& object_;
  std::string where_;
  std::set<std::string> known_;
  Status status_;
};

fs::path folder_of(const std::string& path) { return fs::absolute(path).parent_path(); }

std::string absolute_path(const std::string& stored, const fs::path& folder) {
  return stored.empty() ? "" : normalized_path((folder / stored).string());
}

std::string stored_path(const std::string& path, const fs::path& folder) {
  if (path.empty()) return "";
  const fs::path absolute = normalized_path(fs::absolute(path).string());
  const fs::path relative = absolute.lexically_relative(normalized_path(folder.string()));
  const bool below = !relative.empty() && *relative.begin() != "..";
  return (below ? relative : absolute).string();
}

/// Reads `key`, a list of objects, by `visit`, and makes each path absolute.
template <typename Entry, typename Visit>
Status read_list(const Json& root, const char* key, const std::string& path, Visit visit,
                 std::vector<Entry>& entries) {
  const auto list = root.find(key);
  if (list == root.end() || !list->is_array()) {
    return invalid_argument(fmt::format("{}: '{}' must be a list", path, key));
  }
  const fs::path folder = folder_of(path);
  for (const Json& object : *list) {
    Entry entry;
    StrictObject reader(object, fmt::format("{}: {}[{}]", path, key, entries.size()));
    visit(entry, reader);
    COX_RETURN_IF_ERROR(reader.finish());
    if constexpr (requires { entry.path; }) entry.path = absolute_path(entry.path, folder);
    entries.push_back(std::move(entry));
  }
  return Status::ok();
}

Status check_id(const char* kind, const std::string& id, std::set<std::string>& seen,
                const std::string& path) {
  if (const std::string fault = id_fault(id); !fault.empty()) {
    return invalid_argument(
        fmt::format("{}: {} id '{}': {}", path, kind, escaped(abbreviated(id, 60)), fault));
  }
  if (seen.insert(id).second) return Status::ok();
  return invalid_argument(fmt::format("{}: {} id '{}' appears twice", path, kind, id));
}

Status check_items(const Manifest& manifest, const std::string& path) {
  if (!manifest.prompts.empty() && !manifest.videos.empty()) {
    return invalid_argument(fmt::format(
        "{}: expected videos or prompts, got {} videos and {} prompts; make a manifest of each",
        path, manifest.videos.size(), manifest.prompts.size()));
  }
  std::set<std::string> seen;
  for (const ManifestPrompt& prompt : manifest.prompts) {
    COX_RETURN_IF_ERROR(check_id("prompt", prompt.id, seen, path));
    if (const std::string fault = prompt_fault(prompt.prompt); !fault.empty()) {
      return invalid_argument(fmt::format("{}: prompt '{}': {}", path, prompt.id, fault));
    }
    for (const std::string& name : prompt.dimensions) {
      const std::string fault = dimension_fault(name);
      if (fault.empty()) continue;
      return invalid_argument(fmt::format("{}: prompt '{}': {}", path, prompt.id, fault));
    }
  }
  for (const ManifestVideo& video : manifest.videos) {
    COX_RETURN_IF_ERROR(check_id("video", video.id, seen, path));
    if (const std::string fault = caption_fault(video.caption); !fault.empty()) {
      return invalid_argument(fmt::format("{}: caption of '{}': {}", path, video.id, fault));
    }
  }
  return Status::ok();
}

Result<Json> parse_json(const std::string& text, const std::string& path) {
  try {
    return Json::parse(text);
  } catch (const Json::exception& error) {
    return invalid_argument(
        fmt::format("{}: not JSON: {}; create the manifest again with `cox dataset index`", path,
                    error.what()));
  }
}

template <typename Entry, typename Visit>
Json json_list(const std::vector<Entry>& entries, const fs::path& folder, Visit visit) {
  Json list = Json::array();
  for (Entry entry : entries) {
    if constexpr (requires { entry.path; }) entry.path = stored_path(entry.path, folder);
    Json object = Json::object();
    visit(entry, [&](const char* key, const auto& field, Presence = Presence::kRequired) {
      object[key] = field;
    });
    list.push_back(std::move(object));
  }
  return list;
}

}  // namespace

std::string id_fault(const std::string& id) {
  if (id.empty()) return "expected an id, got an empty string";
  if (id.size() > kMaxIdBytes) {
    return fmt::format("expected an id of at most {} bytes, got {}", kMaxIdBytes, id.size());
  }
  const fs::path parts(id);
  if (parts.is_absolute() || std::find(parts.begin(), parts.end(), "..") != parts.end()) {
    return "expected a relative path without '..', because ids name output files";
  }
  if (first_invalid_utf8(id) || first_control_character(id)) {
    return "expected UTF-8 without control characters";
  }
  return "";
}

Result<Manifest> read_manifest(const std::string& path) {
  COX_ASSIGN_OR_RETURN(const std::string text, read_text_file(path, kMaxFileBytes));
  COX_ASSIGN_OR_RETURN(const Json root, parse_json(text, path));
  std::string format;
  Manifest manifest;
  StrictObject head(root, path);
  head("format", format);
  visit_head(manifest, head);
  head.allow("videos");
  head.allow("rejected");
  head.allow("prompts");
  COX_RETURN_IF_ERROR(head.finish());
  if (format != kFormat) {
    return invalid_argument(
        fmt::format("{}: format: expected '{}', got '{}'; create the manifest again with `cox "
                    "dataset index`",
                    path, kFormat, format));
  }
  COX_RETURN_IF_ERROR(read_list(
      root, "videos", path, [](auto& v, auto& reader) { visit_video(v, reader); },
      manifest.videos));
  COX_RETURN_IF_ERROR(read_list(
      root, "rejected", path, [](auto& v, auto& reader) { visit_rejected(v, reader); },
      manifest.rejected));
  if (root.contains("prompts")) {
    COX_RETURN_IF_ERROR(read_list(
        root, "prompts", path, [](auto& p, auto& reader) { visit_prompt(p, reader); },
        manifest.prompts));
  }
  COX_RETURN_IF_ERROR(check_items(manifest, path));
  return manifest;
}

Status write_manifest(const std::string& path, const Manifest& manifest) {
  COX_RETURN_IF_ERROR(check_items(manifest, path));
  const fs::path folder = folder_of(path);
  Json root = Json::object();
  root["format"] = kFormat;
  visit_head(manifest, [&](const char* key, const auto& field) { root[key] = field; });
  root["videos"] =
      json_list(manifest.videos, folder, [](auto& v, auto&& visit) { visit_video(v, visit); });
  root["rejected"] =
      json_list(manifest.rejected, folder, [](auto& v, auto&& visit) { visit_rejected(v, visit); });
  if (!manifest.prompts.empty()) {
    root["prompts"] =
        json_list(manifest.prompts, folder, [](auto& p, auto&& visit) { visit_prompt(p, visit); });
  }
  try {
    return write_file_atomically(path, root.dump(1) + "\n");
  } catch (const Json::type_error& error) {  // a string that is not UTF-8
    return invalid_argument(fmt::format("{}: cannot write the manifest: {}", path, error.what()));
  }
}

}  // namespace cox::dataset
