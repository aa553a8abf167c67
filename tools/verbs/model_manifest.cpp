#include "tools/verbs/model_manifest.h"

#include <filesystem>
#include <fstream>
#include <map>

#include "base/digest.h"
#include "base/file.h"
#include "base/text.h"
#include "engine/tensors/error.h"

namespace cox::engine {

namespace {

namespace fs = std::filesystem;

constexpr std::size_t kDigestDigits = 64;
constexpr const char* kSeparator = "  ";  // sha256sum's

/// Digests by path relative to the directory.
using Digests = std::map<std::string, std::string>;

Digests digests_of(const std::string& directory) {
  Digests digests;
  const auto follow = fs::directory_options::follow_directory_symlink;
  for (fs::recursive_directory_iterator entry(directory, follow), end; entry != end; ++entry) {
    const fs::path& path = entry->path();
    const bool hidden = path.filename().string().front() == '.';
    if (hidden && entry->is_directory()) entry.disable_recursion_pending();
    if (hidden || entry->is_directory() || path.extension() == ".md") continue;
    const Result<std::string> digest = sha256_of_file(path.string());
    if (!digest.is_ok()) throw user_error(digest.status().message(), "unreadable");
    digests[path.lexically_relative(directory).generic_string()] = *digest;
  }
  return digests;
}

Digests read_manifest(const std::string& path) {
  Digests digests;
  std::ifstream file(path);
  std::string line;
  for (int number = 1; std::getline(file, line); ++number) {
    if (line.size() <= kDigestDigits + 2 || line.substr(kDigestDigits, 2) != kSeparator) {
      throw user_error(
          concat(path, ":", number,
                 ": expected 64 hexadecimal digits, two spaces and a path, got '", line, "'"),
          "bad_manifest");
    }
    digests[line.substr(kDigestDigits + 2)] = line.substr(0, kDigestDigits);
  }
  return digests;
}

}  // namespace

void write_manifest(const std::string& directory, const std::string& manifest) {
  std::string text;
  for (const auto& [path, digest] : digests_of(directory)) {
    text += digest + kSeparator + path + '\n';
  }
  const Status written = write_file_atomically(manifest, text);
  if (!written.is_ok()) throw user_error(written.message(), "write");
}

void check_manifest(const std::string& directory, const std::string& manifest) {
  const Digests expected = read_manifest(manifest), got = digests_of(directory);
  const auto refuse = [&](const std::string& path, const char* problem) {
    throw user_error(concat(directory, "/", path, ": ", problem, " (manifest ", manifest, ")"),
                     "digest_mismatch");
  };
  for (const auto& [path, digest] : expected) {
    const auto found = got.find(path);
    if (found == got.end()) refuse(path, "missing");
    if (found->second != digest) refuse(path, "content differs");
  }
  for (const auto& [path, digest] : got) {
    if (expected.count(path) == 0) refuse(path, "not in the manifest");
  }
}

}  // namespace cox::engine
