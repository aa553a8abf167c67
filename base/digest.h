#pragma once

#include <cstddef>
#include <map>
#include <memory>
#include <string>
#include <string_view>

#include "base/status.h"

namespace cox {

/// Computes a SHA-256 digest of data that arrives in pieces. Owned by one thread.
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

/// Returns the digest of a file's content. Refuses pipes and devices, which may have no end.
Result<std::string> sha256_of_file(const std::string& path);

/// Returns the digests of the files that a folder's digest covers, by path below the folder.
/// Follows links; a broken or circular link is an error. Skips hidden files and Markdown pages.
/// Reads every file.
Result<std::map<std::string, std::string>> sha256_of_files_in(const std::string& path);

/// Returns the digest of a folder's content: SHA-256 over "relative/path NUL file-digest LF" of
/// every file, in byte order of the parts of the paths. Follows links, so a folder of links has the
/// digest of a plain copy; a broken or circular link is an error. Skips hidden files and Markdown
/// pages: they cannot change a result. Caches digests in the user's cache folder, so that a
/// checkpoint of tens of gigabytes is read only once. A cached digest is valid while path, inode,
/// size, modification time and status change time are unchanged.
Result<std::string> sha256_of_directory(const std::string& path);

}  // namespace cox
