#pragma once

#include <cstddef>
#include <map>
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

/// The digest of a file's content. Refuses pipes and devices, which may have no end.
Result<std::string> sha256_of_file(const std::string& path);

/// The digests of the files that count for a folder's digest, by path below the folder. Links are
/// followed; one that leads nowhere or in a circle is an error. Skips hidden files and Markdown
/// pages. Reads every file.
Result<std::map<std::string, std::string>> sha256_of_files_in(const std::string& path);

/// The digest of a folder's content: SHA-256 over "relative/path NUL file-digest LF" of every file,
/// in byte order of the parts of the paths. Links are followed, so that a folder of links has the
/// digest of a plain copy; one that leads nowhere or in a circle is an error. Skips hidden files
/// and Markdown pages: they cannot change a result. Remembers digests in the user's cache folder,
/// so that a checkpoint of tens of gigabytes is read once. They hold while path, inode, size,
/// modification time and status change time stay.
Result<std::string> sha256_of_directory(const std::string& path);

}  // namespace cox
