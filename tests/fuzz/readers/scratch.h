#pragma once

#include <fstream>
#include <memory>

#include "base/status.h"
#include "tests/fuzz/reader.h"
#include "tests/support/temporary_directory.h"

namespace cox::fuzz {

/// A folder in which readers of files find their input. Not synced: a disk would be the slowest
/// part of a run.
class Scratch {
 public:
  /// Writes the input and returns its path.
  std::string file(const std::string& name, const std::string& input) const {
    const std::string path = folder_ / name;
    std::ofstream(path, std::ios::binary | std::ios::trunc)
        .write(input.data(), static_cast<std::streamsize>(input.size()));
    return path;
  }
  const std::string& path() const { return folder_.path(); }

 private:
  test::TemporaryDirectory folder_;
};

/// An error says why.
inline void require_told(const Status& status) {
  require(status.is_ok() || !status.message().empty(), "an error without a message");
}

}  // namespace cox::fuzz
