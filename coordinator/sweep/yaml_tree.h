#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "coordinator/sweep/diagnostics.h"

namespace cox::sweep {

struct Entry;

/// A YAML value with its position. Keys keep the order of the file.
struct Node {
  enum class Kind { kNull, kScalar, kSequence, kMap };

  Kind kind = Kind::kNull;
  Position at;
  std::string text;     ///< of a scalar, quotes taken off
  bool quoted = false;  ///< a scalar written in quotes or as a block: always a string
  std::vector<Node> items;
  std::vector<Entry> entries;

  Node();
  Node(Kind node_kind, const Position& position);

  bool is_null() const { return kind == Kind::kNull; }
  bool is_scalar() const { return kind == Kind::kScalar; }
  bool is_sequence() const { return kind == Kind::kSequence; }
  bool is_map() const { return kind == Kind::kMap; }

  /// The value of `key` in a map, or nullptr.
  const Node* find(std::string_view key) const;
};

struct Entry {
  std::string key;
  Position key_at;
  Node value;
};

// Not in the class, where Entry is still incomplete.
inline Node::Node() = default;
inline Node::Node(Kind node_kind, const Position& position) : kind(node_kind), at(position) {}

/// `a map`, `a list`, `string '0.01'`, `nothing`: for "expected ..., got ...".
std::string describe(const Node& node);

/// Parses one document. Strict where YAML is not: a duplicate key, an anchor, an alias, a tag, a
/// second document and more than 32 levels are errors. Errors go to `diagnostics`, and the result
/// is then what was read before. `file` must outlive the tree.
Node parse_yaml(const SourceFile& file, Diagnostics& diagnostics);

/// `base` overridden by `over`: maps are merged key by key, anything else is replaced. `a.b: 1` and
/// `a: {b: 1}` are one key in two spellings.
Node merged(Node base, const Node& over);

/// Reports every key of `map` outside `allowed`; `where` completes "unknown key 'x' in ...".
/// Also reports when `map` is not a map. Returns whether it is one.
bool check_keys(const Node& map, const std::vector<std::string>& allowed, const std::string& where,
                Diagnostics& diagnostics);

}  // namespace cox::sweep
