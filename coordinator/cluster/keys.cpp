#include "coordinator/cluster/keys.h"

#include <fmt/format.h>

#include "base/file.h"
#include "coordinator/cluster/time_text.h"
#include "coordinator/sweep/read_value.h"

namespace cox::cluster {

using sweep::Node;

namespace {
constexpr std::size_t kMaxSettingsBytes = 1 << 20;
}  // namespace

void Keys::text(const char* key, std::string& value) {
  add(key, [&value, key, this](const Node& node) {
    if (auto read = sweep::read_text(node, key, diagnostics_)) value = std::move(*read);
  });
}

void Keys::texts(const char* key, std::vector<std::string>& value) {
  add(key, [&value, key, this](const Node& node) {
    value = sweep::read_texts(node, key, diagnostics_);
    if (value.size() <= kMaxListLength) return;
    diagnostics_.error(node.at, fmt::format("{}: expected at most {} entries, got {}", key,
                                            kMaxListLength, value.size()));
  });
}

void Keys::integer(const char* key, int min, int max, int& value) {
  add(key, [&value, key, min, max, this](const Node& node) {
    const auto read = sweep::read_int(node, key, min, max, diagnostics_);
    if (read) value = static_cast<int>(*read);
  });
}

void Keys::seconds(const char* key, int min, std::chrono::seconds& value) {
  add(key, [&value, key, min, this](const Node& node) {
    constexpr int kLongest = 86'400;
    const auto read = sweep::read_int(node, key, min, kLongest, diagnostics_);
    if (read) value = std::chrono::seconds(*read);
  });
}

void Keys::flag(const char* key, bool& value) {
  add(key, [&value, key, this](const Node& node) {
    if (const auto read = sweep::read_bool(node, key, diagnostics_)) value = *read;
  });
}

void Keys::limit(const char* key, std::chrono::seconds& value) {
  add(key, [&value, key, this](const Node& node) {
    const auto read = node.is_scalar() ? parse_time_limit(node.text) : std::nullopt;
    if (read) value = *read;
    if (read) return;
    diagnostics_.error(node.at,
                       fmt::format("{}: expected a time limit, got {}", key, describe(node)),
                       "such as 240 (minutes), 4:00:00 or 1-12:00:00");
  });
}

void Keys::map(const char* key, Keys& inner) {
  add(key, [key, &inner](const Node& node) { inner.read(node, key); });
}

void Keys::list(const char* key, std::function<void(const Node&)> read_entry) {
  add(key, [key, read_entry = std::move(read_entry), this](const Node& node) {
    if (!node.is_sequence()) {
      diagnostics_.error(node.at, fmt::format("{}: expected a list, got {}", key, describe(node)));
      return;
    }
    if (node.items.size() > kMaxListLength) {
      diagnostics_.error(node.at, fmt::format("{}: expected at most {} entries, got {}", key,
                                              kMaxListLength, node.items.size()));
      return;
    }
    for (const Node& entry : node.items) read_entry(entry);
  });
}

void Keys::read(const Node& map, const std::string& where) const {
  std::vector<std::string> allowed;
  for (const auto& [key, reader] : readers_) allowed.push_back(key);
  if (!sweep::check_keys(map, allowed, where, diagnostics_)) return;
  for (const auto& [key, reader] : readers_) {
    if (const Node* node = map.find(key)) reader(*node);
  }
}

Status read_keys(const std::string& path, const Keys& keys, sweep::Diagnostics& diagnostics) {
  COX_ASSIGN_OR_RETURN(const std::string text, read_text_file(path, kMaxSettingsBytes));
  const sweep::SourceFile source = sweep::make_source(path, text);
  const Node root = sweep::parse_yaml(source, diagnostics);
  if (diagnostics.ok()) keys.read(root, "the file");
  return diagnostics.status();
}

}  // namespace cox::cluster
