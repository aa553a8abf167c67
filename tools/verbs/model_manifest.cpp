#include "tools/verbs/model_manifest.h"

#include <fmt/format.h>

#include <fstream>
#include <map>

#include "base/digest.h"
#include "base/file.h"
#include "engine/tensors/error.h"

namespace cox::engine {

namespace {

constexpr std::size_t kDigestDigits = 64;
constexpr const char* kSeparator = "  ";  // sha256sum's

/// Digests by path relative to the directory.
using Digests = std::map<std::string, std::string>;

Digests digests_of(const std::string& directory) {
  Result<Digests> digests = sha256_of_files_in(directory);
  if (!digests.is_ok()) throw user_error(digests.status().message(), "unreadable");
  return *std::move(digests);
}

Digests read_manifest(const std::string& path) {
  Digests digests;
  std::ifstream file(path);
  std::string line;
  for (int number = 1; std::getline(file, line); ++number) {
    if (line.size() <= kDigestDigits + 2 || line.substr(kDigestDigits, 2) != kSeparator) {
      throw user_error(
          fmt::format("{}:{}: expected 64 hexadecimal digits, two spaces and a path, got '{}'",
                      path, number, line),
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
    throw user_error(fmt::format("{}/{}: {} (manifest {})", directory, path, problem, manifest),
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
