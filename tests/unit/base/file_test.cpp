#include "base/file.h"

#include <pwd.h>
#include <sys/stat.h>
#include <unistd.h>

#include <catch2/catch.hpp>
#include <cstdlib>
#include <filesystem>
#include <optional>
#include <vector>

#include "tests/support/file_size_limit.h"
#include "tests/support/temporary_directory.h"

using namespace cox;

namespace {
std::string scratch(const std::string& name) {
  return (std::filesystem::temp_directory_path() /
          ("cox_file_" + std::to_string(::getpid()) + "_" + name))
      .string();
}
}  // namespace

TEST_CASE("An atomic write replaces the old content and leaves no other file") {
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

TEST_CASE("read_file ends on what never ends, and refuses what is not a file") {
  const test::TemporaryDirectory folder;
  CHECK(read_file("/dev/zero").status().message() ==
        "cannot read '/dev/zero': expected a file, got a device");
  CHECK(read_file(folder.path()).status().message() ==
        "cannot read '" + folder.path() + "': expected a file, got a directory");
  const std::string file = folder / "file";
  REQUIRE(write_file_atomically(file, "12345").is_ok());
  CHECK(read_file(file, 5).value() == "12345");
  CHECK(read_file(file, 4).status().message() ==
        "cannot read '" + file + "': expected at most 4 bytes, got more");
}

TEST_CASE("read_file reads a pipe as it does a file, to its end and no further than the limit") {
  int ends[2] = {};
  REQUIRE(::pipe(ends) == 0);
  REQUIRE(::write(ends[1], "abc", 3) == 3);
  const std::string path = "/proc/self/fd/" + std::to_string(ends[0]);
  CHECK_FALSE(read_file(path, 2).is_ok());
  REQUIRE(::write(ends[1], "abc", 3) == 3);
  ::close(ends[1]);
  CHECK(read_file(path).value() == "abc");
  ::close(ends[0]);
}

TEST_CASE("read_text_file removes a byte-order mark and names the byte that is not UTF-8") {
  const test::TemporaryDirectory folder;
  const std::string file = folder / "text";
  const auto read = [&](std::string_view bytes) {
    REQUIRE(write_file_atomically(file, bytes).is_ok());
    return read_text_file(file, 1000);
  };
  CHECK(read("\xEF\xBB\xBF"
             "caf\xC3\xA9\n")
            .value() == "caf\xC3\xA9\n");
  CHECK(read("").value().empty());
  CHECK(read("one\ncaf\xE9\n").status().message() ==
        "'" + file +
            "': expected UTF-8 text, got 0xE9 at byte 7 (line 2); convert the file, for "
            "example with `iconv -f LATIN1 -t UTF-8`");
  const std::string utf16(
      "\xFF\xFE"
      "A\0",
      4);
  CHECK(read(utf16).status().message().find("got 0xFF at byte 0 (line 1)") != std::string::npos);
  CHECK(read(std::string("A\0 \0", 4))
            .status()
            .message()
            .find("got a NUL byte at byte 1 (line 1); a file in UTF-16 is converted with") !=
        std::string::npos);
}

TEST_CASE("walk_folder follows links under the names walked and tells loops and broken links") {
  const test::TemporaryDirectory folder;
  namespace fs = std::filesystem;
  using Kind = FolderEntry::Kind;
  for (const char* name : {"tree/b/two", "tree/one", "store/blob", "store/deep/three",
                           "tree/.hidden/four", "tree/.five"}) {
    REQUIRE(write_file_atomically(folder / name, name).is_ok());
  }
  fs::create_symlink("../store/blob", folder / "tree/linked");
  fs::create_symlink("../store/deep", folder / "tree/links");
  fs::create_symlink("nowhere", folder / "tree/broken");
  fs::create_symlink("..", folder / "tree/b/up");
  fs::create_symlink("self", folder / "tree/self");
  REQUIRE(::mkfifo((folder / "tree/pipe").c_str(), 0600) == 0);
  const auto entries = walk_folder(folder / "tree");
  REQUIRE(entries.is_ok());
  CHECK(*entries == std::vector<FolderEntry>{{Kind::kFile, "b/two"},
                                             {Kind::kLoop, "b/up"},
                                             {Kind::kBrokenLink, "broken"},
                                             {Kind::kFile, "linked"},
                                             {Kind::kFile, "links/three"},
                                             {Kind::kFile, "one"},
                                             {Kind::kOther, "pipe"},
                                             {Kind::kBrokenLink, "self"}});
  CHECK(walk_folder(folder / "gone").status().code() == StatusCode::kNotFound);
}

TEST_CASE("walk_folder ends where links fan out without a loop") {
  namespace fs = std::filesystem;
  const test::TemporaryDirectory folder;
  // Two links to the next folder in each of 30 folders: 2^30 paths.
  for (int level = 0; level < 30; ++level) {
    const std::string here = folder / std::to_string(level);
    fs::create_directory(here);
    for (const char* twin : {"/left", "/right"}) {
      fs::create_symlink("../" + std::to_string(level + 1), here + twin);
    }
  }
  fs::create_directory(folder / "30");
  const auto walked = walk_folder(folder / "0");
  REQUIRE_FALSE(walked.is_ok());
  CHECK_THAT(walked.status().message(), Catch::Contains("more than 1000"));
}

TEST_CASE("A path is normalized only if it still names the same file") {
  const cox::test::TemporaryDirectory directory;
  const std::string root = directory / "";
  std::filesystem::create_directories(root + "here/sub");
  std::filesystem::create_directories(root + "there/deep");
  std::filesystem::create_symlink(root + "there/deep", root + "here/link");
  CHECK(normalized_path(root + "here/sub/../x") == root + "here/x");
  CHECK(normalized_path(root + "./here/./x") == root + "here/x");
  CHECK(normalized_path(root + "here/link/x") == root + "here/link/x");
  // The parent of what the link points to: there/x, not here/x.
  CHECK(normalized_path(root + "here/link/../x") == root + "here/link/../x");
  CHECK(normalized_path("no/such/../path") == "no/path");
  CHECK(normalized_path("../a") == "../a");
}

namespace {

/// Sets an environment variable, or unsets it, while it lives.
class Variable {
 public:
  Variable(const char* name, const char* value) : name_(name) {
    if (const char* former = std::getenv(name)) former_ = former;
    set(value);
  }
  ~Variable() { set(former_ ? former_->c_str() : nullptr); }
  Variable(const Variable&) = delete;
  Variable& operator=(const Variable&) = delete;

 private:
  void set(const char* value) const {
    if (value == nullptr) {
      ::unsetenv(name_);
    } else {
      ::setenv(name_, value, 1);
    }
  }
  const char* name_;
  std::optional<std::string> former_;
};

}  // namespace

TEST_CASE("The cache is in the user's own home, never where other users can write") {
  const passwd* user = ::getpwuid(::getuid());
  REQUIRE(user != nullptr);
  const std::string own = std::string(user->pw_dir) + "/.cache/coxswain";
  for (const char* cache : {static_cast<const char*>(nullptr), "", "relative"}) {
    const Variable xdg("XDG_CACHE_HOME", cache);
    for (const char* home : {static_cast<const char*>(nullptr), "", "relative"}) {
      const Variable unset("HOME", home);
      CHECK(user_cache_directory() == own);
    }
    const Variable home("HOME", "/somewhere");
    CHECK(user_cache_directory() == "/somewhere/.cache/coxswain");
  }
  const Variable xdg("XDG_CACHE_HOME", "/caches");
  CHECK(user_cache_directory() == "/caches/coxswain");
}

TEST_CASE("A file size limit is reported as a full disk") {
  const test::TemporaryDirectory folder;
  const test::FileSizeLimit limit(100);
  const Status status = write_file_atomically(folder / "file", std::string(200, 'x'));
  CHECK(status.code() == StatusCode::kResourceExhausted);
  CHECK(status.message().find("File too large") != std::string::npos);
  CHECK(std::filesystem::is_empty(folder.path()));
}
