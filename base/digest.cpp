#include "base/digest.h"

#include <openssl/evp.h>
#include <sys/stat.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <vector>

#include "base/file.h"
#include "base/text.h"

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

Result<std::string> sha256_of_file(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  if (!in) return not_found(concat("cannot read '", path, "': ", std::strerror(errno)));
  Sha256 sha;
  std::vector<char> buffer(1 << 20);
  while (in) {
    in.read(buffer.data(), static_cast<std::streamsize>(buffer.size()));
    sha.update({buffer.data(), static_cast<size_t>(in.gcount())});
  }
  if (in.bad()) return unavailable(concat("reading '", path, "' failed: ", std::strerror(errno)));
  return sha.finish();
}

namespace {

namespace fs = std::filesystem;

/// What must not have changed for a remembered digest to hold.
Result<std::string> file_identity(const fs::path& path) {
  struct stat info {};
  if (stat(path.c_str(), &info) != 0) {
    return not_found(concat("cannot stat '", path.string(), "': ", std::strerror(errno)));
  }
  return concat(fs::absolute(path).lexically_normal().string(), '\n', info.st_dev, ' ', info.st_ino,
                ' ', info.st_size, ' ', info.st_mtim.tv_sec, ' ', info.st_mtim.tv_nsec);
}

Result<std::string> remembered_sha256_of_file(const fs::path& path) {
  COX_ASSIGN_OR_RETURN(const std::string identity, file_identity(path));
  const std::string entry = user_cache_directory() + "/digests/" + sha256_of(identity);
  if (auto known = read_file(entry); known.is_ok() && known->size() == 64) return known;
  COX_ASSIGN_OR_RETURN(const std::string digest, sha256_of_file(path.string()));
  // A cache that cannot be written costs time, not correctness.
  (void)write_file_atomically(entry, digest);
  return digest;
}

bool is_content(const fs::path& relative) {
  const bool hidden = std::any_of(relative.begin(), relative.end(), [](const fs::path& part) {
    return part.string().front() == '.';
  });
  return !hidden && relative.extension() != ".md";
}

}  // namespace

Result<std::string> sha256_of_directory(const std::string& path) {
  std::error_code error;
  std::vector<fs::path> files;
  for (fs::recursive_directory_iterator it(path, error), end; !error && it != end;
       it.increment(error)) {
    const fs::path relative = fs::relative(it->path(), path);
    if (it->is_regular_file() && is_content(relative)) files.push_back(relative);
  }
  if (error) return not_found(concat("cannot list directory '", path, "': ", error.message()));
  std::sort(files.begin(), files.end());
  Sha256 sha;
  for (const fs::path& file : files) {
    COX_ASSIGN_OR_RETURN(const std::string digest, remembered_sha256_of_file(path / file));
    sha.update(file.generic_string() + '\0' + digest + '\n');
  }
  return sha.finish();
}

}  // namespace cox
