#include "base/digest.h"

#include <catch2/catch.hpp>
#include <cstdlib>
#include <filesystem>

#include "base/file.h"

using namespace cox;

TEST_CASE("SHA-256 of published test vectors") {
  CHECK(sha256_of("") == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
  CHECK(sha256_of("abc") == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
}

TEST_CASE("A directory's digest follows content and names, not its place, hidden files or pages") {
  const std::filesystem::path root =
      std::filesystem::temp_directory_path() / ("cox_digest_" + std::to_string(::getpid()));
  setenv("XDG_CACHE_HOME", (root / "cache").c_str(), 1);
  const auto write = [&](const char* name, const char* content) {
    REQUIRE(write_file_atomically((root / name).string(), content).is_ok());
  };
  write("a/one.txt", "1");
  write("a/sub/two.txt", "2");
  write("b/one.txt", "1");
  write("b/sub/two.txt", "2");
  const auto a = sha256_of_directory((root / "a").string());
  REQUIRE(a.is_ok());
  CHECK(*a == *sha256_of_directory((root / "b").string()));
  write("b/.hidden", "x");
  write("b/README.md", "how it was made");
  CHECK(*a == *sha256_of_directory((root / "b").string()));
  write("b/sub/two.txt", "3");
  CHECK(*a != *sha256_of_directory((root / "b").string()));
  CHECK_FALSE(sha256_of_directory((root / "none").string()).is_ok());
  std::filesystem::remove_all(root);
}
