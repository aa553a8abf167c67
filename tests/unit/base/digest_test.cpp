#include "base/digest.h"

#include <fcntl.h>
#include <sys/stat.h>

#include <catch2/catch.hpp>
#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <thread>

#include "base/file.h"
#include "tests/support/temporary_directory.h"

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

namespace {

namespace fs = std::filesystem;

/// A scratch folder whose digests are remembered below it, not in the user's own cache.
class DigestFolder : public test::TemporaryDirectory {
 public:
  DigestFolder() { setenv("XDG_CACHE_HOME", (*this / "cache").c_str(), 1); }
  ~DigestFolder() { unsetenv("XDG_CACHE_HOME"); }

  void write(const std::string& name, const std::string& content) const {
    REQUIRE(write_file_atomically(*this / name, content).is_ok());
  }
  std::string digest(const std::string& name) const {
    const auto digest = sha256_of_directory(*this / name);
    REQUIRE(digest.status() == Status::ok());
    return *digest;
  }
};

/// Writes into an existing file and restores its modification time, as `cp -p` and rsync do.
void overwrite_in_place(const std::string& path, const std::string& content) {
  struct stat before {};
  REQUIRE(::stat(path.c_str(), &before) == 0);
  const int descriptor = ::open(path.c_str(), O_WRONLY);
  REQUIRE(::write(descriptor, content.data(), content.size()) ==
          static_cast<ssize_t>(content.size()));
  const timespec times[2] = {before.st_atim, before.st_mtim};
  REQUIRE(::futimens(descriptor, times) == 0);
  ::close(descriptor);
}

}  // namespace

TEST_CASE("A model folder of links has the digest of a plain copy") {
  const std::string model = COX_SOURCE_DIR "/models/tiny";
  const DigestFolder folder;
  CHECK(*sha256_of_directory(model) ==
        "e0f762d2b39383e4dc152bddadcd25a10c7e8f9cd35655ca63deecce189eef20");
  // The layout of a model hub's cache: every file is a link to a blob with a different name.
  fs::create_directories(folder / "blobs");
  int blobs = 0;
  for (const fs::directory_entry& entry : fs::recursive_directory_iterator(model)) {
    if (!entry.is_regular_file()) continue;
    const fs::path blob = folder / ("blobs/" + std::to_string(blobs++));
    const fs::path link = folder / "snapshots/r1" / entry.path().lexically_relative(model);
    fs::copy_file(entry.path(), blob);
    fs::create_directories(link.parent_path());
    fs::create_symlink(blob.lexically_relative(link.parent_path()), link);
  }
  CHECK(folder.digest("snapshots/r1") == *sha256_of_directory(model));

  // The layout of older programs: configurations copied, weights linked, or whole folders linked.
  fs::copy(model, folder / "mixed", fs::copy_options::recursive);
  const std::string weights = folder / "mixed/dit/diffusion_pytorch_model.safetensors";
  fs::remove(weights);
  fs::create_symlink(model + "/dit/diffusion_pytorch_model.safetensors", weights);
  fs::remove_all(folder / "mixed/vae");
  fs::create_symlink(model + "/vae", folder / "mixed/vae");
  CHECK(folder.digest("mixed") == *sha256_of_directory(model));
}

TEST_CASE("Other content behind the links of a model folder gives another digest") {
  const DigestFolder folder;
  folder.write("blobs/a", "weights of A");
  folder.write("blobs/b", "weights of B");
  for (const std::string name : {"a", "b"}) {
    fs::create_directories(folder / name);
    fs::create_symlink("../blobs/" + name, folder / (name + "/weights"));
  }
  CHECK(folder.digest("a") != folder.digest("b"));
}

TEST_CASE("A folder with a broken or circular link has no digest") {
  const DigestFolder folder;
  folder.write("model/config.json", "{}");
  fs::create_symlink("page", folder / "model/NOTES.md");  // a page is not content, linked or not
  CHECK(sha256_of_directory(folder / "model").is_ok());
  for (const std::string target : {"gone", "..", "weights"}) {
    fs::create_symlink(target, folder / "model/weights");
    const auto digest = sha256_of_directory(folder / "model");
    REQUIRE_FALSE(digest.is_ok());
    CHECK_THAT(digest.status().message(), Catch::Contains(folder / "model/weights"));
    fs::remove(folder / "model/weights");
  }
}

TEST_CASE("Weights overwritten in place, size and modification time kept, have another digest") {
  const DigestFolder folder;
  folder.write("model/weights", "1111");
  // Old enough that its digest may be remembered.
  std::this_thread::sleep_for(std::chrono::milliseconds(2100));
  const std::string before = folder.digest("model");
  overwrite_in_place(folder / "model/weights", "2222");
  const std::string after = folder.digest("model");
  CHECK(after != before);
  // Twice within one tick of the file system's clock.
  overwrite_in_place(folder / "model/weights", "3333");
  CHECK(folder.digest("model") != after);
}

TEST_CASE("The digest of an unchanged file is read from the cache") {
  const DigestFolder folder;
  folder.write("model/weights", "1111");
  std::this_thread::sleep_for(std::chrono::milliseconds(2100));
  const std::string first = folder.digest("model");
  const auto entries = walk_folder(folder / "cache/coxswain/digests");
  REQUIRE(entries.is_ok());
  REQUIRE(entries->size() == 1);
  folder.write("cache/coxswain/digests/" + entries->front().path, std::string(64, '0'));
  CHECK(folder.digest("model") != first);
}

TEST_CASE("Only a file has a digest of its content") {
  const test::TemporaryDirectory folder;
  REQUIRE(::mkfifo((folder / "pipe").c_str(), 0600) == 0);
  for (const std::string& path : {folder / "pipe", folder.path(), std::string("/dev/zero")}) {
    const auto digest = sha256_of_file(path);
    REQUIRE_FALSE(digest.is_ok());
    CHECK_THAT(digest.status().message(), Catch::Contains(path));
  }
}

TEST_CASE("Files are digested in byte order of the parts of their paths") {
  const DigestFolder folder;
  folder.write("model/a-b/x", "2");
  folder.write("model/a/x", "1");
  const std::string zero(1, '\0');
  CHECK(folder.digest("model") ==
        sha256_of("a/x" + zero + sha256_of("1") + "\n" + "a-b/x" + zero + sha256_of("2") + "\n"));
}
