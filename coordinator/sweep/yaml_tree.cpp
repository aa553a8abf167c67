#include "coordinator/sweep/yaml_tree.h"

#include <fmt/format.h>
#include <yaml-cpp/eventhandler.h>
#include <yaml-cpp/exceptions.h>
#include <yaml-cpp/parser.h>

#include <algorithm>
#include <sstream>
#include <utility>

#include "base/text.h"

namespace cox::sweep {

namespace {

constexpr size_t kMaxLevels = 32;

// Builds our tree from yaml-cpp's events: its own tree forgets the positions of keys and accepts
// duplicate ones.
class TreeBuilder final : public YAML::EventHandler {
 public:
  TreeBuilder(const SourceFile& file, Diagnostics& diagnostics)
      : file_(file), diagnostics_(diagnostics) {}

  Node take() { return std::move(root_); }

  void OnDocumentStart(const YAML::Mark&) override {}
  void OnDocumentEnd() override {}

  void OnNull(const YAML::Mark& mark, YAML::anchor_t anchor) override {
    refuse_anchor(mark, anchor);
    add({Node::Kind::kNull, position(mark)});
  }

  void OnAlias(const YAML::Mark& mark, YAML::anchor_t) override {
    diagnostics_.error(position(mark), "aliases (*name) are not supported; use extends or params");
    add({Node::Kind::kNull, position(mark)});
  }

  void OnScalar(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                const std::string& value) override {
    refuse_anchor(mark, anchor);
    refuse_tag(mark, tag);
    Node node(Node::Kind::kScalar, position(mark));
    node.text = value;
    node.quoted = tag == "!";
    add(std::move(node));
  }

  void OnSequenceStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                       YAML::EmitterStyle::value) override {
    refuse_anchor(mark, anchor);
    refuse_tag(mark, tag);
    open({Node::Kind::kSequence, position(mark)});
  }

  void OnSequenceEnd() override { close(); }

  void OnMapStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                  YAML::EmitterStyle::value) override {
    refuse_anchor(mark, anchor);
    refuse_tag(mark, tag);
    open({Node::Kind::kMap, position(mark)});
  }

  void OnMapEnd() override { close(); }

 private:
  // A collection under construction; in a map, the key that waits for its value.
  struct Level {
    Node node;
    bool has_key = false;
    std::string key;
    Position key_at;
  };

  Position position(const YAML::Mark& mark) const {
    return {&file_, mark.line + 1, mark.column + 1};
  }

  void refuse_anchor(const YAML::Mark& mark, YAML::anchor_t anchor) {
    if (anchor == YAML::NullAnchor) return;
    diagnostics_.error(position(mark), "anchors (&name) are not supported; use extends or params");
  }

  void refuse_tag(const YAML::Mark& mark, const std::string& tag) {
    if (tag.empty() || tag == "?" || tag == "!") return;
    diagnostics_.error(position(mark), "tags are not supported, got " + tag);
  }

  void open(Node node) {
    if (levels_.size() == kMaxLevels) {
      YAML::Mark mark;
      mark.line = node.at.line - 1;
      mark.column = node.at.column - 1;
      throw YAML::ParserException(mark, fmt::format("more than {} levels of nesting", kMaxLevels));
    }
    levels_.push_back({std::move(node), false, "", {}});
  }

  void close() {
    Node node = std::move(levels_.back().node);
    levels_.pop_back();
    add(std::move(node));
  }

  void add(Node node) {
    if (levels_.empty()) {
      root_ = std::move(node);
      return;
    }
    Level& level = levels_.back();
    if (level.node.is_sequence()) {
      level.node.items.push_back(std::move(node));
    } else if (!level.has_key) {
      take_key(level, node);
    } else {
      level.node.entries.push_back({level.key, level.key_at, std::move(node)});
      level.has_key = false;
    }
  }

  void take_key(Level& level, const Node& node) {
    if (!node.is_scalar())
      diagnostics_.error(node.at, "a key must be a string, got " + describe(node));
    for (const Entry& earlier : level.node.entries) {
      if (node.is_scalar() && earlier.key == node.text) {
        diagnostics_.error(node.at, fmt::format("duplicate key '{}', first given in line {}",
                                                node.text, earlier.key_at.line));
        break;
      }
    }
    level.has_key = true;
    level.key = node.text;
    level.key_at = node.at;
  }

  const SourceFile& file_;
  Diagnostics& diagnostics_;
  std::vector<Level> levels_;
  Node root_;
};

}  // namespace

const Node* Node::find(std::string_view key) const {
  for (const Entry& entry : entries) {
    if (entry.key == key) return &entry.value;
  }
  return nullptr;
}

std::string describe(const Node& node) {
  switch (node.kind) {
    case Node::Kind::kNull:
      return "nothing";
    case Node::Kind::kScalar:
      return (node.quoted ? "string '" : "'") + node.text + "'";
    case Node::Kind::kSequence:
      return "a list";
    case Node::Kind::kMap:
      return "a map";
  }
  return "";
}

Node parse_yaml(const SourceFile& file, Diagnostics& diagnostics) {
  // The end marker makes yaml-cpp refuse a quote that the file leaves open.
  std::istringstream text(join(file.lines, "\n") + "\n...\n");
  TreeBuilder builder(file, diagnostics);
  try {
    YAML::Parser parser(text);
    parser.HandleNextDocument(builder);
    Node root = builder.take();
    TreeBuilder rest(file, diagnostics);
    if (parser.HandleNextDocument(rest)) {
      diagnostics.error(rest.take().at, "expected a single YAML document, got a second one");
    }
    return root;
  } catch (const YAML::Exception& error) {
    diagnostics.error({&file, error.mark.line + 1, error.mark.column + 1},
                      "not valid YAML: " + error.msg);
    return {};
  }
}

namespace {

/// Finds the entry `a.b` of `map`, or `b` within its entry `a`; nullptr when there is neither.
Entry* find_spelled(Node& map, std::string_view path) {
  for (Entry& entry : map.entries) {
    if (entry.key == path) return &entry;
  }
  for (Entry& entry : map.entries) {
    if (!entry.value.is_map() || !starts_with(path, entry.key + ".")) continue;
    Entry* inner = find_spelled(entry.value, path.substr(entry.key.size() + 1));
    if (inner != nullptr) return inner;
  }
  return nullptr;
}

/// Lays one entry over `base`, keeping the spelling and the position that it has there.
void lay_over(Node& base, const Entry& entry) {
  const std::string prefix = entry.key + ".";
  const bool is_dotted_there =
      std::any_of(base.entries.begin(), base.entries.end(),
                  [&](const Entry& old) { return starts_with(old.key, prefix); });
  if (entry.value.is_map() && is_dotted_there) {
    for (const Entry& inner : entry.value.entries) {
      lay_over(base, {prefix + inner.key, inner.key_at, inner.value});
    }
    return;
  }
  Entry* same = find_spelled(base, entry.key);
  if (same == nullptr) {
    base.entries.push_back(entry);
  } else {
    same->key_at = entry.key_at;
    same->value = merged(std::move(same->value), entry.value);
  }
}

}  // namespace

Node merged(Node base, const Node& over) {
  if (!base.is_map() || !over.is_map()) return over;
  base.at = over.at;
  for (const Entry& entry : over.entries) lay_over(base, entry);
  return base;
}

bool check_keys(const Node& map, const std::vector<std::string>& allowed, const std::string& where,
                Diagnostics& diagnostics) {
  if (!map.is_map()) {
    diagnostics.error(map.at, fmt::format("{} must be a map, got {}", where, describe(map)),
                      "keys: " + join(allowed, ", "));
    return false;
  }
  for (const Entry& entry : map.entries) {
    if (std::find(allowed.begin(), allowed.end(), entry.key) != allowed.end()) continue;
    diagnostics.error(
        entry.key_at,
        fmt::format("unknown key '{}' in {}{}", entry.key, where, did_you_mean(entry.key, allowed)),
        "allowed: " + join(allowed, ", "));
  }
  return true;
}

}  // namespace cox::sweep
