#pragma once

#include <unistd.h>

#include <filesystem>
#include <string>

#include "base/text.h"

namespace cox::test {

/// A directory of its own, removed in the end.
class Scratch {
 public:
  Scratch() : path_(std::filesystem::temp_directory_path() / unique_name()) {
    std::filesystem::create_directories(path_);
  }
  ~Scratch() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }
  Scratch(const Scratch&) = delete;
  Scratch& operator=(const Scratch&) = delete;

  std::string file(const std::string& name) const { return (path_ / name).string(); }

 private:
  static std::string unique_name() {
    static int count = 0;
    return concat("cox-store-", ::getpid(), '-', ++count);
  }
  std::filesystem::path path_;
};

}  // namespace cox::test
