#include "base/digest.h"

#include <fmt/format.h>
#include <openssl/evp.h>
#include <sys/stat.h>
#include <time.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdint>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <vector>

#include "base/file.h"

namespace cox {

struct Sha256::State {
  EVP_MD_CTX* context = EVP_MD_CTX_new();
};

Sha256::Sha256() : state_(std::make_unique<State>()) {
  COX_CHECK(EVP_DigestInit_ex(state_->context, EVP_sha256(), nullptr) == 1, "SHA-256 is missing");
}

Sha256::~Sha256() { EVP_MD_CTX_free(state_->context); }

void Sha256::update(std::string_view bytes) {
  COX_CHECK(EVP_DigestUpdate(state_->context, bytes.data(), bytes.size()) == 1, "SHA-256 update");
}

std::string Sha256::finish() {
  std::array<unsigned char, EVP_MAX_MD_SIZE> raw{};
  unsigned int length = 0;
  COX_CHECK(EVP_DigestFinal_ex(state_->context, raw.data(), &length) == 1, "SHA-256 finish");
  static constexpr char kHex[] = "0123456789abcdef";
  std::string text;
  for (unsigned int i = 0; i < length; ++i) {
    text += kHex[raw[i] >> 4];
    text += kHex[raw[i] & 15];
  }
  return text;
}

std::string sha256_of(std::string_view bytes) {
  Sha256 sha;
  sha.update(bytes);
  return sha.finish();
}

namespace {

/// Returns the stat facts of a file. Fails for a pipe, socket or device, which may have no end.
Result<struct stat> facts_of_file(const std::string& path) {
  struct stat facts {};
  if (::stat(path.c_str(), &facts) != 0) {
    return not_found(fmt::format("cannot read '{}': {}", path, std::strerror(errno)));
  }
  if (S_ISREG(facts.st_mode)) return facts;
  return failed_precondition(
      fmt::format("'{}': expected a file, got {}", path,
                  S_ISDIR(facts.st_mode) ? "a folder" : "a pipe, socket or device"));
}

}  // namespace

Result<std::string> sha256_of_file(const std::string& path) {
  COX_RETURN_IF_ERROR(facts_of_file(path).status());
  std::ifstream in(path, std::ios::binary);
  if (!in) return not_found(fmt::format("cannot read '{}': {}", path, std::strerror(errno)));
  Sha256 sha;
  std::vector<char> buffer(1 << 20);
  while (in) {
    in.read(buffer.data(), static_cast<std::streamsize>(buffer.size()));
    sha.update({buffer.data(), static_cast<size_t>(in.gcount())});
  }
  if (in.bad()) {
    return unavailable(fmt::format("reading '{}' failed: {}", path, std::strerror(errno)));
  }
  return sha.finish();
}

namespace {

namespace fs = std::filesystem;

/// Two changes closer together than this may get the same timestamp: the clocks of local file
/// systems tick every few milliseconds, those of some network servers every one or two seconds.
constexpr std::int64_t kSettledSeconds = 2;

/// Returns everything that changes when a file's content changes. No program can restore the time
/// of the last status change (ctime), as `cp -p` restores the modification time.
std::string identity_of(const std::string& path, const struct stat& facts) {
  return fmt::format("{}\n{} {} {} {}.{:09} {}.{:09}",
                     fs::absolute(path).lexically_normal().string(), facts.st_dev, facts.st_ino,
                     facts.st_size, facts.st_mtim.tv_sec, facts.st_mtim.tv_nsec,
                     facts.st_ctim.tv_sec, facts.st_ctim.tv_nsec);
}

bool is_settled(const struct stat& facts) {
  timespec now{};
  ::clock_gettime(CLOCK_REALTIME, &now);
  const auto is_old = [&](const timespec& time) {
    const std::int64_t seconds = now.tv_sec - time.tv_sec;
    return seconds > kSettledSeconds || (seconds == kSettledSeconds && now.tv_nsec >= time.tv_nsec);
  };
  return is_old(facts.st_mtim) && is_old(facts.st_ctim);
}

Result<std::string> remembered_sha256_of_file(const std::string& path) {
  COX_ASSIGN_OR_RETURN(const struct stat before, facts_of_file(path));
  const std::string identity = identity_of(path, before);
  const std::string cache = user_cache_directory();
  const std::string entry = cache + "/digests/" + sha256_of(identity);
  const bool remembers = !cache.empty() && is_settled(before);
  if (remembers) {
    if (auto known = read_file(entry); known.is_ok() && known->size() == 64) return known;
  }
  COX_ASSIGN_OR_RETURN(const std::string digest, sha256_of_file(path));
  COX_ASSIGN_OR_RETURN(const struct stat after, facts_of_file(path));
  if (identity_of(path, after) != identity) {
    return unavailable(fmt::format("'{}' changed while it was read; try again", path));
  }
  // A cache that cannot be written costs time, not correctness.
  if (remembers) (void)write_file_atomically(entry, digest);
  return digest;
}

/// Markdown pages describe a model and cannot change a result.
bool is_content(const FolderEntry& entry) { return fs::path(entry.path).extension() != ".md"; }

Status check_is_file(const std::string& folder, const FolderEntry& entry) {
  using Kind = FolderEntry::Kind;
  if (entry.kind == Kind::kFile) return Status::ok();
  const char* got = entry.kind == Kind::kBrokenLink ? "a broken link"
                    : entry.kind == Kind::kLoop     ? "a link to a folder that contains it (a loop)"
                                                    : "a pipe, socket or device";
  return failed_precondition(
      fmt::format("'{}/{}': expected a file, got {}; remove it or restore "
                  "what it points to",
                  folder, entry.path, got));
}

}  // namespace

Result<std::map<std::string, std::string>> sha256_of_files_in(const std::string& path) {
  COX_ASSIGN_OR_RETURN(const std::vector<FolderEntry> entries, walk_folder(path));
  std::map<std::string, std::string> digests;
  for (const FolderEntry& entry : entries) {
    if (!is_content(entry)) continue;
    COX_RETURN_IF_ERROR(check_is_file(path, entry));
    COX_ASSIGN_OR_RETURN(digests[entry.path], sha256_of_file(fs::path(path) / entry.path));
  }
  return digests;
}

Result<std::string> sha256_of_directory(const std::string& path) {
  COX_ASSIGN_OR_RETURN(std::vector<FolderEntry> entries, walk_folder(path));
  std::sort(entries.begin(), entries.end(), [](const FolderEntry& a, const FolderEntry& b) {
    return fs::path(a.path) < fs::path(b.path);
  });
  Sha256 sha;
  for (const FolderEntry& entry : entries) {
    if (!is_content(entry)) continue;
    COX_RETURN_IF_ERROR(check_is_file(path, entry));
    COX_ASSIGN_OR_RETURN(const std::string digest,
                         remembered_sha256_of_file(fs::path(path) / entry.path));
    sha.update(entry.path + '\0' + digest + '\n');
  }
  return sha.finish();
}

}  // namespace cox
