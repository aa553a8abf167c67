#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>

#include "base/status.h"

namespace cox {

/// SHA-256, fed piece by piece. Owned by one thread.
class Sha256 {
 public:
  Sha256();
  ~Sha256();
  Sha256(const Sha256&) = delete;
  Sha256& operator=(const Sha256&) = delete;

  void update(std::string_view bytes);
  /// 64 lower-case hexadecimal characters. May be called once.
  std::string finish();

 private:
  struct State;
  std::unique_ptr<State> state_;
};

std::string sha256_of(std::string_view bytes);

/// The digest of a file's content.
Result<std::string> sha256_of_file(const std::string& path);

/// The digest of a directory's content: SHA-256 over "relative/path NUL file-digest LF" of every
/// regular file, in byte order of the paths. Hidden files and Markdown pages are left out: they
/// describe a model and cannot change a result.
/// Digests of unchanged files (same path, inode, size and modification time) are remembered in the
/// user's cache folder, so that a checkpoint of tens of gigabytes is read once.
Result<std::string> sha256_of_directory(const std::string& path);

}  // namespace cox
