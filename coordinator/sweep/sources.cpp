#include "coordinator/sweep/sources.h"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <utility>

#include "base/file.h"
#include "base/text.h"
#include "coordinator/sweep/read_value.h"

namespace cox::sweep {

namespace fs = std::filesystem;

namespace {

constexpr size_t kMaxSweepBytes = 4 << 20;
constexpr size_t kMaxExtendsDepth = 16;
constexpr const char* kOverrideFile = "--set";

void remove_key(Node& map, const std::string& key) {
  const auto is_key = [&](const Entry& entry) { return entry.key == key; };
  map.entries.erase(std::remove_if(map.entries.begin(), map.entries.end(), is_key),
                    map.entries.end());
}

}  // namespace

std::string path_from(const Position& at, const std::string& text) {
  if (at.file == nullptr || at.file->path == kOverrideFile) {
    return normalized_path(text);
  }
  return normalized_path((fs::path(at.file->path).parent_path() / text).string());
}

Result<const SourceFile*> Sources::load(const std::string& path) {
  std::error_code error;
  if (fs::is_directory(path, error)) {
    return invalid_argument(fmt::format("{} is a directory; a sweep is one YAML file", path));
  }
  COX_ASSIGN_OR_RETURN(const std::string text, read_text_file(path, kMaxSweepBytes));
  return &add(path, text);
}

const SourceFile& Sources::add(const std::string& name, const std::string& text) {
  all_text_ += "# " + name + "\n" + text;
  if (!ends_with(all_text_, "\n")) all_text_ += '\n';
  files_.push_back(make_source(name, text));
  return files_.back();
}

Result<Node> Sources::read(const std::string& path, Diagnostics& diagnostics) {
  COX_ASSIGN_OR_RETURN(const SourceFile* file, load(path));
  return read_file_and_bases(*file, diagnostics);
}

Node Sources::read_file_and_bases(const SourceFile& file, Diagnostics& diagnostics) {
  Node root = parse_yaml(file, diagnostics);
  if (!root.is_map()) {
    if (diagnostics.ok()) {
      diagnostics.error({&file, 1, 1}, "a sweep file must be a map, got " + describe(root));
    }
    return root;
  }
  const Node* extends = root.find("extends");
  if (extends == nullptr) return root;

  std::error_code error;
  open_.push_back(fs::weakly_canonical(file.path, error).string());
  Node base(Node::Kind::kMap, root.at);
  if (extends->is_sequence()) {
    for (const Node& name : extends->items)
      base = merged(std::move(base), read_base(name, diagnostics));
  } else {
    base = read_base(*extends, diagnostics);
  }
  open_.pop_back();
  remove_key(root, "extends");
  return merged(std::move(base), root);
}

Node Sources::read_base(const Node& name, Diagnostics& diagnostics) {
  Node nothing(Node::Kind::kMap, name.at);
  const auto text = read_text(name, "extends", diagnostics);
  if (!text) return nothing;
  const std::string path = path_from(name.at, *text);
  std::error_code error;
  const std::string canonical = fs::weakly_canonical(path, error).string();
  if (std::find(open_.begin(), open_.end(), canonical) != open_.end()) {
    diagnostics.error(name.at,
                      fmt::format("'{}' extends itself through {} files", *text, open_.size()));
    return nothing;
  }
  if (open_.size() == kMaxExtendsDepth) {
    diagnostics.error(name.at,
                      fmt::format("more than {} files extend each other", kMaxExtendsDepth));
    return nothing;
  }
  const auto file = load(path);
  if (!file.is_ok()) {
    diagnostics.error(name.at, "cannot extend: " + file.status().message());
    return nothing;
  }
  Node base = read_file_and_bases(**file, diagnostics);
  return base.is_map() ? base : nothing;
}

std::vector<Override> Sources::read_overrides(const std::vector<std::string>& texts,
                                              Diagnostics& diagnostics) {
  std::vector<Override> overrides;
  for (const std::string& text : texts) {
    if (first_invalid_utf8(text)) {
      diagnostics.error({}, fmt::format("--set {}: expected UTF-8", escaped(text)));
      continue;
    }
    const size_t equals = text.find('=');
    // The value is parsed in place, so that its columns are those of the argument.
    const size_t start = equals == std::string::npos ? 0 : equals + 1;
    files_.push_back(make_source(kOverrideFile, std::string(start, ' ') + text.substr(start)));
    SourceFile& file = files_.back();
    const Position at{&file, 1, 1};
    const std::string key = trim(text.substr(0, start == 0 ? 0 : equals));
    if (key.empty()) {
      file.lines = {text};
      diagnostics.error(at, "expected key=value, got '" + text + "'");
      continue;
    }
    Diagnostics errors;
    Node value = parse_yaml(file, errors);
    file.lines = {text};
    if (!errors.ok() || value.is_null()) {
      diagnostics.error({&file, 1, static_cast<int>(start) + 1},
                        "expected a value in YAML, as in lr=1e-3 or early_stop.sigmas=[0.25, 0.5]");
      continue;
    }
    overrides.push_back({key, at, std::move(value)});
  }
  return overrides;
}

}  // namespace cox::sweep
