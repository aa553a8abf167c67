#pragma once

#include <chrono>
#include <functional>
#include <string>
#include <utility>
#include <vector>

#include "base/status.h"
#include "coordinator/sweep/diagnostics.h"
#include "coordinator/sweep/yaml_tree.h"

namespace cox::cluster {

inline constexpr std::size_t kMaxListLength = 1'000;

/// The keys of one map of a settings file, each with where its value goes: a key is written once,
/// and what is not declared is an unknown key. Borrows the values and the diagnostics.
class Keys {
 public:
  explicit Keys(sweep::Diagnostics& diagnostics) : diagnostics_(diagnostics) {}

  void text(const char* key, std::string& value);
  void texts(const char* key, std::vector<std::string>& value);
  void integer(const char* key, int min, int max, int& value);
  void seconds(const char* key, int min, std::chrono::seconds& value);
  void flag(const char* key, bool& value);
  /// A time limit as Slurm writes it.
  void limit(const char* key, std::chrono::seconds& value);
  void map(const char* key, Keys& inner);
  /// A list; `read_entry` is called with each of its entries.
  void list(const char* key, std::function<void(const sweep::Node&)> read_entry);

  /// Reads a map; `where` completes "unknown key 'x' in ...".
  void read(const sweep::Node& map, const std::string& where) const;

 private:
  void add(const char* key, std::function<void(const sweep::Node&)> reader) {
    readers_.emplace_back(key, std::move(reader));
  }

  sweep::Diagnostics& diagnostics_;
  std::vector<std::pair<std::string, std::function<void(const sweep::Node&)>>> readers_;
};

/// Reads a file into the values of `keys`. The error has every fault with its line.
Status read_keys(const std::string& path, const Keys& keys, sweep::Diagnostics& diagnostics);

}  // namespace cox::cluster
