#include "coordinator/dataset/prompts.h"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <map>
#include <nlohmann/json.hpp>
#include <utility>

#include "base/digest.h"
#include "base/file.h"
#include "base/text.h"
#include "coordinator/dataset/candidate.h"
#include "coordinator/dataset/rank.h"
#include "record/prompt_id.h"

namespace cox::dataset {

namespace fs = std::filesystem;
using Json = nlohmann::ordered_json;

namespace {

constexpr std::size_t kMaxListBytes = 64 << 20;
constexpr std::size_t kMaxNamedFaults = 5;
constexpr std::size_t kMaxFaultBytes = 200;
constexpr const char* kText = "prompts";
constexpr const char* kVbench = "vbench";

/// A prompt and where the list has it: a line of text, an entry of JSON, both from 1.
struct Entry {
  std::size_t number = 0;
  std::string prompt;
  std::vector<std::string> dimensions;
};

Status no_options_of_videos(const IndexOptions& options) {
  const std::pair<const char*, bool> given[] = {
      {"--csv or --split", !options.list_file.empty()},
      {"--min-frames", options.min_frames != IndexOptions().min_frames},
      {"--reject-variable-frame-rate", options.reject_variable_frame_rate}};
  for (const auto& [name, is_given] : given) {
    if (!is_given) continue;
    return invalid_argument(
        fmt::format("layout {} lists prompts and does not use {}; drop it", options.layout, name));
  }
  return Status::ok();
}

/// A last line without an end, and one with, are the same.
std::vector<Entry> read_lines(const std::string& text, const std::vector<std::string>& dimensions) {
  std::vector<std::string> lines = split(text, '\n');
  if (!lines.empty() && trim(lines.back()).empty()) lines.pop_back();
  std::vector<Entry> entries;
  for (const std::string& line : lines) {
    entries.push_back({entries.size() + 1, trim(line), dimensions});
  }
  return entries;
}

Result<std::vector<std::string>> read_dimensions(const Json& object, const std::string& where) {
  const auto found = object.find("dimension");
  if (found == object.end() || *found == Json::array()) {
    return invalid_argument(fmt::format(
        "{}: expected at least one name under 'dimension', got none; prompts that are for no "
        "dimension are a file with one prompt a line (--layout {})",
        where, kText));
  }
  const bool is_list =
      found->is_array() &&
      std::all_of(found->begin(), found->end(), [](const Json& name) { return name.is_string(); });
  if (!is_list) {
    return invalid_argument(fmt::format("{}: 'dimension' must be a list of names, got {}", where,
                                        abbreviated(found->dump(), 100)));
  }
  return found->get<std::vector<std::string>>();
}

/// Reads VBench's list: objects with `prompt_en` and `dimension`; other keys are for VBench itself.
Result<std::vector<Entry>> read_vbench(const std::string& text, const std::string& path) {
  Json root;
  try {
    root = Json::parse(text);
  } catch (const Json::exception& error) {
    return invalid_argument(
        fmt::format("'{}': not JSON: {}; a file with one prompt a line has --layout {}", path,
                    abbreviated(error.what(), kMaxFaultBytes), kText));
  }
  if (!root.is_array()) {
    return invalid_argument(
        fmt::format("'{}': expected VBench's JSON, a list of {{\"prompt_en\", \"dimension\"}}; a "
                    "file with one prompt a line has --layout {}",
                    path, kText));
  }
  std::vector<Entry> entries;
  for (const Json& object : root) {
    Entry entry{entries.size() + 1, "", {}};
    const std::string where = fmt::format("'{}': entry {}", path, entry.number);
    if (!object.is_object() || !object.contains("prompt_en") || !object["prompt_en"].is_string()) {
      return invalid_argument(fmt::format("{}: expected an object with 'prompt_en', got {}", where,
                                          abbreviated(object.dump(), 100)));
    }
    entry.prompt = trim(object["prompt_en"].get<std::string>());
    COX_ASSIGN_OR_RETURN(entry.dimensions, read_dimensions(object, where));
    entries.push_back(std::move(entry));
  }
  return entries;
}

/// Gives an item to each entry. The one prompt that VBench lists for two dimensions, in two
/// entries, is one item of both.
class PromptItems {
 public:
  explicit PromptItems(const char* place) : place_(place) {}

  void add(const Entry& entry) {
    if (entry.prompt.empty()) {
      faults_.push_back(fmt::format("{} {} is empty", place_, entry.number));
      return;
    }
    if (const auto at = entry.prompt.find('\r'); at != std::string::npos) {
      faults_.push_back(fmt::format("{} {}: carriage return at byte {}; lines end in LF or CRLF",
                                    place_, entry.number, at));
      return;
    }
    if (const std::string fault = prompt_fault(entry.prompt); !fault.empty()) {
      faults_.push_back(fmt::format("{} {}: {}", place_, entry.number, fault));
      return;
    }
    for (const std::string& name : entry.dimensions) {
      const std::string fault = dimension_fault(name);
      if (fault.empty()) continue;
      faults_.push_back(fmt::format("{} {}: {}", place_, entry.number, fault));
      return;
    }
    const auto [known, is_new] = by_prompt_.emplace(entry.prompt, prompts_.size());
    if (is_new) {
      prompts_.push_back({prompt_id(entry.prompt), entry.prompt, entry.dimensions});
      numbers_.push_back(entry.number);
    } else if (!take_dimensions(entry.dimensions, prompts_[known->second].dimensions)) {
      faults_.push_back(fmt::format("{} {} repeats {} {}", place_, entry.number, place_,
                                    numbers_[known->second]));
    }
  }

  Result<std::vector<ManifestPrompt>> take(const std::string& path) {
    if (!faults_.empty()) {
      return invalid_argument(
          fmt::format("'{}': {}; every prompt is one item, so correct or delete them", path,
                      join_first(faults_, kMaxNamedFaults)));
    }
    if (prompts_.empty()) return invalid_argument(fmt::format("'{}' contains no prompts", path));
    return std::move(prompts_);
  }

 private:
  /// False for no dimensions, and when one of them is known: the entry then adds nothing.
  static bool take_dimensions(const std::vector<std::string>& more, std::vector<std::string>& all) {
    for (const std::string& name : more) {
      if (std::find(all.begin(), all.end(), name) != all.end()) return false;
    }
    all.insert(all.end(), more.begin(), more.end());
    return !more.empty();
  }

  const char* place_;
  std::map<std::string, std::size_t> by_prompt_;
  std::vector<std::size_t> numbers_;
  std::vector<ManifestPrompt> prompts_;
  std::vector<std::string> faults_;
};

/// The first `options.sample` in the order of the draw; 0 keeps all as they are.
void keep_sample(const IndexOptions& options, std::vector<ManifestPrompt>& prompts) {
  if (options.sample == 0) return;
  std::map<std::string, ManifestPrompt> ranked;
  for (ManifestPrompt& prompt : prompts) {
    ranked.emplace(rank_digest(options.layout, options.seed, prompt.id), std::move(prompt));
  }
  prompts.clear();
  for (auto& [rank, prompt] : ranked) {
    if (prompts.size() < options.sample) prompts.push_back(std::move(prompt));
  }
}

Status check_unique_ids(const std::vector<ManifestPrompt>& prompts) {
  std::map<std::string, const ManifestPrompt*> seen;
  for (const ManifestPrompt& prompt : prompts) {
    const auto [known, is_new] = seen.emplace(prompt.id, &prompt);
    if (is_new) continue;
    return invalid_argument(fmt::format("'{}' and '{}' would have one id, {}; change one of them",
                                        known->second->prompt, prompt.prompt, prompt.id));
  }
  return Status::ok();
}

}  // namespace

std::vector<std::string> prompt_layout_names() { return {kText, kVbench}; }

bool is_prompt_layout(const std::string& layout) { return layout == kText || layout == kVbench; }

std::string prompt_fault(const std::string& prompt) {
  constexpr std::size_t kMaxPromptBytes = 32 << 10;
  if (prompt.empty()) return "expected a prompt, got an empty string";
  if (prompt.size() > kMaxPromptBytes) {
    return fmt::format("expected a prompt of at most {} bytes, got {}", kMaxPromptBytes,
                       prompt.size());
  }
  return caption_fault(prompt);
}

std::string dimension_fault(const std::string& name) {
  constexpr std::size_t kMaxNameBytes = 100;
  if (!name.empty() && name.size() <= kMaxNameBytes && name.find(',') == std::string::npos &&
      !first_invalid_utf8(name) && !first_control_character(name)) {
    return "";
  }
  return fmt::format("dimension '{}': expected a name of at most {} bytes without commas",
                     escaped(abbreviated(name, kMaxNameBytes)), kMaxNameBytes);
}

Result<Manifest> index_prompts(const IndexOptions& options) {
  COX_RETURN_IF_ERROR(no_options_of_videos(options));
  std::error_code error;
  if (fs::is_directory(options.root, error)) {
    return invalid_argument(
        fmt::format("'{}' is a directory; layout {} reads a file", options.root, options.layout));
  }
  const bool is_text = options.layout == kText;
  COX_ASSIGN_OR_RETURN(const std::string text, read_text_file(options.root, kMaxListBytes));
  std::vector<Entry> entries;
  if (is_text) {
    entries = read_lines(text, options.dimensions);
  } else {
    COX_ASSIGN_OR_RETURN(entries, read_vbench(text, options.root));
  }
  // Every line of a text file has the same dimensions, so a duplicate line is always an error.
  PromptItems items(is_text ? "line" : "entry");
  for (const Entry& entry : entries) items.add(entry);
  Manifest manifest;
  COX_ASSIGN_OR_RETURN(manifest.prompts, items.take(options.root));
  COX_RETURN_IF_ERROR(check_unique_ids(manifest.prompts));
  keep_sample(options, manifest.prompts);
  manifest.name = options.name.empty() ? fs::path(options.root).stem().string() : options.name;
  manifest.layout = options.layout;
  manifest.seed = options.seed;
  manifest.sample = options.sample;
  manifest.min_frames = options.min_frames;
  manifest.list_file = fs::path(options.root).filename().string();
  COX_ASSIGN_OR_RETURN(manifest.list_sha256, sha256_of_file(options.root));
  return manifest;
}

}  // namespace cox::dataset
