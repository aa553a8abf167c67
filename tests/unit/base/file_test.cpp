#include "base/file.h"

#include <sys/stat.h>

#include <catch2/catch.hpp>
#include <filesystem>

using namespace cox;

namespace {
std::string scratch(const std::string& name) {
  return (std::filesystem::temp_directory_path() /
          ("cox_file_" + std::to_string(::getpid()) + "_" + name))
      .string();
}
}  // namespace

TEST_CASE("An atomic write replaces the old content and leaves nothing beside it") {
  const std::string folder = scratch("dir");
  const std::string path = folder + "/file";
  REQUIRE(write_file_atomically(path, "old").is_ok());
  REQUIRE(write_file_atomically(path, "new").is_ok());
  CHECK(*read_file(path) == "new");
  CHECK(std::distance(std::filesystem::directory_iterator(folder), {}) == 1);
  std::filesystem::remove_all(folder);
}

TEST_CASE("Neither a link nor a pipe is replaced by a file") {
  const std::string folder = scratch("special");
  REQUIRE(write_file_atomically(folder + "/file", "old").is_ok());
  std::filesystem::create_symlink("file", folder + "/link");
  std::filesystem::create_symlink("nothing", folder + "/dangling");
  REQUIRE(::mkfifo((folder + "/pipe").c_str(), 0600) == 0);
  for (const std::string name : {"/link", "/dangling", "/pipe"}) {
    const std::string path = folder + name;
    const auto before = std::filesystem::symlink_status(path).type();
    const Status written = write_file_atomically(path, "new");
    CHECK(written.code() == StatusCode::kFailedPrecondition);
    CHECK_THAT(written.message(), Catch::Contains(path));
    REQUIRE(write_file_atomically(folder + "/aside", "new").is_ok());
    CHECK(publish_file(folder + "/aside", path).code() == StatusCode::kFailedPrecondition);
    CHECK(std::filesystem::symlink_status(path).type() == before);
  }
  CHECK(*read_file(folder + "/file") == "old");
  CHECK_FALSE(std::filesystem::exists(folder + "/aside"));
  std::filesystem::remove_all(folder);
}

TEST_CASE("A missing file is kNotFound and the message names it") {
  const auto result = read_file("/nowhere/at/all");
  REQUIRE_FALSE(result.is_ok());
  CHECK(result.status().code() == StatusCode::kNotFound);
  CHECK(result.status().message().find("/nowhere/at/all") != std::string::npos);
}

TEST_CASE("A second lock on one file is refused while the first lives") {
  const std::string path = scratch("lock");
  {
    auto first = FileLock::acquire(path);
    REQUIRE(first.is_ok());
    const auto second = FileLock::acquire(path);
    REQUIRE_FALSE(second.is_ok());
    CHECK(second.status().message().find(std::to_string(::getpid())) != std::string::npos);
    CHECK(second.status().message().find("database") ==
          std::string::npos);  // locks guard spools too
  }
  CHECK(FileLock::acquire(path).is_ok());
  std::filesystem::remove(path);
}
