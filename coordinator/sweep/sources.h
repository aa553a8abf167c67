#pragma once

#include <deque>
#include <string>
#include <vector>

#include "base/status.h"
#include "coordinator/sweep/yaml_tree.h"

namespace cox::sweep {

/// One `--set key=value`.
struct Override {
  std::string key;
  Position key_at;
  Node value;
};

/// The files behind one sweep. Owns their lines: positions point into it.
class Sources {
 public:
  /// Reads the sweep file and what it extends, merged. Errors of content go to `diagnostics`; a
  /// status is returned when the sweep file itself cannot be read.
  Result<Node> read(const std::string& path, Diagnostics& diagnostics);

  std::vector<Override> read_overrides(const std::vector<std::string>& texts,
                                       Diagnostics& diagnostics);

  /// Adds a string that is not a file, under a name for messages and origins.
  const SourceFile& add(const std::string& name, const std::string& text);

  /// The files as read, each headed by its path.
  std::string all_text() const { return all_text_; }
  const SourceFile* main_file() const { return &files_.front(); }

 private:
  Node read_file_and_bases(const SourceFile& file, Diagnostics& diagnostics);
  Node read_base(const Node& name, Diagnostics& diagnostics);
  Result<const SourceFile*> load(const std::string& path);

  std::deque<SourceFile> files_;
  std::vector<std::string> open_;  ///< the chain of files being read, for finding cycles
  std::string all_text_;
};

/// Returns the path that `text` at `at` means: relative to the file that holds it, or to the
/// working directory for `--set`. Normalized, and relative where the sweep file's own path is.
std::string path_from(const Position& at, const std::string& text);

}  // namespace cox::sweep
