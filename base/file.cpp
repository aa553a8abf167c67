#include "base/file.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <poll.h>
#include <pwd.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <map>
#include <mutex>
#include <optional>
#include <utility>

#include "base/log.h"
#include "base/process.h"
#include "base/text.h"

namespace cox {

namespace fs = std::filesystem;

namespace {

Status file_error(const std::string& what, const std::string& path) {
  const int error = errno;
  const StatusCode code = is_disk_full(error) ? StatusCode::kResourceExhausted
                          : error == ENOENT   ? StatusCode::kNotFound
                                              : StatusCode::kUnavailable;
  return {code, fmt::format("{} '{}': {}", what, path, std::strerror(error))};
}

Status write_all(int descriptor, std::string_view content, const std::string& path) {
  while (!content.empty()) {
    const ssize_t written = ::write(descriptor, content.data(), content.size());
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) return file_error("cannot write", path);
    content.remove_prefix(static_cast<size_t>(written));
  }
  if (::fsync(descriptor) != 0) return file_error("cannot flush", path);
  return Status::ok();
}

Status sync_directory(const std::string& directory) {
  const Descriptor opened(::open(directory.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!opened.is_open()) return file_error("cannot open directory", directory);
  return ::fsync(opened.get()) == 0 ? Status::ok()
                                    : file_error("cannot flush directory", directory);
}

/// Renames the temporary file to `path`, or deletes it if writing it failed.
Status put_in_place(Status written, const std::string& aside, const std::string& path) {
  if (written.is_ok()) written = check_replaceable(path);
  if (written.is_ok() && ::rename(aside.c_str(), path.c_str()) != 0) {
    written = file_error("cannot rename to", path);
  }
  if (!written.is_ok()) {
    ::unlink(aside.c_str());
    return written;
  }
  return sync_directory(fs::absolute(path).parent_path().string());
}

}  // namespace

namespace {

const char* file_kind(mode_t mode) {
  if (S_ISDIR(mode)) return "a directory";
  if (S_ISFIFO(mode)) return "a pipe";
  if (S_ISSOCK(mode)) return "a socket";
  return "a device";
}

/// Waits until a pipe has bytes or its writer has closed it; a regular file is always ready.
Status wait_for_bytes(int descriptor, const std::string& path) {
  pollfd waiting{descriptor, POLLIN, 0};
  int ready = 0;
  do {
    ready = ::poll(&waiting, 1, kMaxPipeWaitMs);
  } while (ready < 0 && errno == EINTR);
  if (ready < 0) return file_error("cannot read", path);
  if (ready > 0) return Status::ok();
  return unavailable(fmt::format("cannot read '{}': nothing was written to this pipe for {} s",
                                 path, kMaxPipeWaitMs / 1000));
}

/// Reads into `content` up to the end of the file, or to one byte past `limit`.
Status read_to_end(int descriptor, const std::string& path, std::size_t limit,
                   std::string& content) {
  std::array<char, 1 << 16> buffer{};
  while (content.size() <= limit) {
    const ssize_t count = ::read(descriptor, buffer.data(), buffer.size());
    if (count == 0) return Status::ok();
    if (count < 0 && errno == EAGAIN) {
      COX_RETURN_IF_ERROR(wait_for_bytes(descriptor, path));
    } else if (count < 0 && errno != EINTR) {
      return file_error("cannot read", path);
    } else if (count > 0) {
      content.append(buffer.data(), static_cast<std::size_t>(count));
    }
  }
  return invalid_argument(
      fmt::format("cannot read '{}': expected at most {} bytes, got more", path, limit));
}

Status not_text(const std::string& path, std::string_view content, std::size_t at,
                const std::string& got, const std::string& advice) {
  const auto line = 1 + std::count(content.begin(), content.begin() + static_cast<long>(at), '\n');
  return invalid_argument(fmt::format("'{}': expected UTF-8 text, got {} at byte {} (line {}); {}",
                                      path, got, at, line, advice));
}

}  // namespace

Result<std::string> read_file(const std::string& path, std::size_t limit) {
  // Opening a pipe that nobody writes to must not wait.
  const Descriptor file(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
  if (file.get() < 0) return file_error("cannot read", path);
  struct stat facts = {};
  if (::fstat(file.get(), &facts) != 0) return file_error("cannot read", path);
  if (!S_ISREG(facts.st_mode) && !S_ISFIFO(facts.st_mode)) {
    return invalid_argument(
        fmt::format("cannot read '{}': expected a file, got {}", path, file_kind(facts.st_mode)));
  }
  std::string content;
  if (S_ISFIFO(facts.st_mode)) {
    COX_RETURN_IF_ERROR(wait_for_bytes(file.get(), path));
  } else if (facts.st_size > 0 && static_cast<std::size_t>(facts.st_size) <= limit) {
    content.reserve(static_cast<std::size_t>(facts.st_size));
  }
  COX_RETURN_IF_ERROR(read_to_end(file.get(), path, limit, content));
  return content;
}

Result<std::string> read_text_file(const std::string& path, std::size_t limit) {
  constexpr std::string_view kByteOrderMark = "\xEF\xBB\xBF";
  COX_ASSIGN_OR_RETURN(std::string content, read_file(path, limit));
  constexpr const char* kFromUtf16 =
      "a file in UTF-16 is converted with `iconv -f UTF-16 -t UTF-8`";
  if (const auto at = first_invalid_utf8(content)) {
    const bool is_utf16 = starts_with(content, "\xFF\xFE") || starts_with(content, "\xFE\xFF");
    return not_text(
        path, content, *at, fmt::format("0x{:02X}", static_cast<unsigned char>(content[*at])),
        is_utf16 ? kFromUtf16 : "convert the file, for example with `iconv -f LATIN1 -t UTF-8`");
  }
  if (const std::size_t at = content.find('\0'); at != std::string::npos) {
    return not_text(path, content, at, "a NUL byte", kFromUtf16);
  }
  if (starts_with(content, kByteOrderMark)) content.erase(0, kByteOrderMark.size());
  return content;
}

namespace {

/// Lists one folder and the folders below it. Owned by one call of walk_folder.
class FolderWalk {
 public:
  /// `below` is the path of `folder` under the root, "" for the root.
  Status visit(const fs::path& folder, const std::string& below) {
    struct stat facts = {};
    if (::stat(folder.c_str(), &facts) != 0) return file_error("cannot list", folder.string());
    if (open_.size() == kMaxFolderDepth) {
      return invalid_argument(fmt::format("cannot list '{}': more than {} levels of folders",
                                          folder.string(), kMaxFolderDepth));
    }
    const FileId id{facts.st_dev, facts.st_ino};
    if (++visits_[id] > kMaxPathsToFolder) {
      return invalid_argument(fmt::format(
          "cannot list '{}': links lead to this folder by more than {} paths; remove some",
          folder.string(), kMaxPathsToFolder));
    }
    open_.push_back(id);
    std::error_code error;
    fs::directory_iterator entry(folder, error);
    for (const fs::directory_iterator end; !error && entry != end; entry.increment(error)) {
      const std::string name = entry->path().filename().string();
      if (name.front() == '.') continue;
      COX_RETURN_IF_ERROR(add(entry->path(), below.empty() ? name : below + "/" + name));
    }
    open_.pop_back();
    if (!error) return Status::ok();
    return unavailable(fmt::format("cannot list '{}': {}", folder.string(), error.message()));
  }

  std::vector<FolderEntry> take() {
    std::sort(entries_.begin(), entries_.end(),
              [](const FolderEntry& a, const FolderEntry& b) { return a.path < b.path; });
    return std::move(entries_);
  }

 private:
  using FileId = std::pair<dev_t, ino_t>;

  Status add(const fs::path& path, const std::string& below) {
    struct stat facts = {};
    const bool leads_somewhere = ::stat(path.c_str(), &facts) == 0;
    if (!leads_somewhere && errno != ENOENT && errno != ELOOP) {
      return file_error("cannot read", path.string());
    }
    if (leads_somewhere && S_ISDIR(facts.st_mode)) {
      const FileId id{facts.st_dev, facts.st_ino};
      const bool is_open = std::find(open_.begin(), open_.end(), id) != open_.end();
      if (!is_open) return visit(path, below);
      entries_.push_back({FolderEntry::Kind::kLoop, below});
    } else if (!leads_somewhere) {
      entries_.push_back({FolderEntry::Kind::kBrokenLink, below});
    } else {
      const bool is_file = S_ISREG(facts.st_mode);
      entries_.push_back({is_file ? FolderEntry::Kind::kFile : FolderEntry::Kind::kOther, below});
    }
    if (entries_.size() <= kMaxFolderEntries) return Status::ok();
    return invalid_argument(
        fmt::format("cannot list '{}': more than {} entries", path.string(), kMaxFolderEntries));
  }

  std::map<FileId, int> visits_;
  std::vector<FileId> open_;  ///< the folders from the root down to the one being listed
  std::vector<FolderEntry> entries_;
};

}  // namespace

Result<std::vector<FolderEntry>> walk_folder(const std::string& folder) {
  FolderWalk walk;
  COX_RETURN_IF_ERROR(walk.visit(folder, ""));
  return walk.take();
}

std::string normalized_path(const std::string& path) {
  const std::string normal = fs::path(path).lexically_normal().string();
  const fs::path parts(path);
  if (std::find(parts.begin(), parts.end(), "..") == parts.end()) return normal;
  std::error_code error;
  const fs::path meant = fs::weakly_canonical(path, error);
  const bool is_same = error || meant == fs::weakly_canonical(normal, error) || error;
  return is_same ? normal : path;
}

Status check_replaceable(const std::string& path) {
  struct stat facts = {};
  if (::lstat(path.c_str(), &facts) != 0 || S_ISREG(facts.st_mode) || S_ISDIR(facts.st_mode)) {
    return Status::ok();  // writing reports any other obstacle
  }
  if (S_ISLNK(facts.st_mode)) {
    return failed_precondition(
        fmt::format("'{}': expected a file or nothing there, got a symbolic link; name the file "
                    "that it points to",
                    path));
  }
  const char* kind = S_ISFIFO(facts.st_mode)   ? "a pipe"
                     : S_ISSOCK(facts.st_mode) ? "a socket"
                                               : "a device";
  return failed_precondition(
      fmt::format("'{}': expected a file or nothing there, got {}; name a file", path, kind));
}

Status write_file_atomically(const std::string& path, std::string_view content) {
  COX_RETURN_IF_ERROR(check_replaceable(path));
  const fs::path parent = fs::absolute(path).parent_path();
  std::error_code error;
  fs::create_directories(parent, error);
  if (error)
    return unavailable(fmt::format("cannot create '{}': {}", parent.string(), error.message()));

  const std::string aside = unique_sibling(path);
  const int descriptor = ::open(aside.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0644);
  if (descriptor < 0) return file_error("cannot create", aside);
  const Status written = write_all(descriptor, content, aside);
  ::close(descriptor);
  return put_in_place(written, aside, path);
}

Status publish_file(const std::string& aside, const std::string& path) {
  const int descriptor = ::open(aside.c_str(), O_RDONLY | O_CLOEXEC);
  if (descriptor < 0) return file_error("cannot open", aside);
  const Status flushed =
      ::fsync(descriptor) == 0 ? Status::ok() : file_error("cannot flush", aside);
  ::close(descriptor);
  return put_in_place(flushed, aside, path);
}

namespace {

/// Returns the value of an environment variable if it is an absolute path.
std::optional<std::string> path_in_environment(const char* name) {
  const char* value = std::getenv(name);
  if (value == nullptr || *value != '/') return std::nullopt;
  return value;
}

std::optional<std::string> home_in_user_database() {
  constexpr std::size_t kEntryBytes = 16 * 1024;
  std::vector<char> buffer(kEntryBytes);
  passwd entry{};
  passwd* found = nullptr;
  const int error = ::getpwuid_r(::getuid(), &entry, buffer.data(), buffer.size(), &found);
  if (error != 0 || found == nullptr || *found->pw_dir != '/') return std::nullopt;
  return found->pw_dir;
}

}  // namespace

std::string user_cache_directory() {
  if (const auto cache = path_in_environment("XDG_CACHE_HOME")) return *cache + "/coxswain";
  std::optional<std::string> home = path_in_environment("HOME");
  if (!home) home = home_in_user_database();
  if (home) return *home + "/.cache/coxswain";
  static std::once_flag said;
  std::call_once(said, [] {
    log(LogLevel::kWarning, "cache",
        "no cache: neither HOME nor the user database names a home directory; digests of models "
        "and compiled kernels are computed again by each program; set HOME or XDG_CACHE_HOME");
  });
  return "";
}

std::string unique_sibling(const std::string& path) {
  static std::atomic<unsigned> count{0};
  const fs::path target(path);
  const std::string name =
      fmt::format(".{}.{}.{}.part", target.filename().string(), ::getpid(), count.fetch_add(1));
  return (target.parent_path() / name).string();
}

constexpr std::size_t kHolderBytes = 256;  ///< of a lock file, which names its holder

Result<FileLock> FileLock::acquire(const std::string& path) {
  const int descriptor = ::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0644);
  if (descriptor < 0) return file_error("cannot open lock file", path);
  if (::flock(descriptor, LOCK_EX | LOCK_NB) != 0) {
    std::string holder(kHolderBytes, '\0');
    const ssize_t length = ::pread(descriptor, holder.data(), holder.size(), 0);
    holder.resize(length > 0 ? static_cast<size_t>(length) : 0);
    ::close(descriptor);
    return unavailable(fmt::format(
        "'{}' is locked by process {}; stop it first, or name another file", path, trim(holder)));
  }
  const std::string pid = fmt::format("{}\n", ::getpid());
  if (::ftruncate(descriptor, 0) != 0 ||
      ::pwrite(descriptor, pid.data(), pid.size(), 0) != static_cast<ssize_t>(pid.size())) {
    ::close(descriptor);
    return file_error("cannot write lock file", path);
  }
  return FileLock(descriptor);
}

Result<FileLock> FileLock::hold(const std::string& path) {
  const int descriptor = ::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0644);
  if (descriptor < 0) return file_error("cannot open", path);
  if (::flock(descriptor, LOCK_EX | LOCK_NB) == 0) return FileLock(descriptor);
  ::close(descriptor);
  return unavailable(
      fmt::format("'{}' is in use by another process under this name or through a "
                  "link; stop that process first, or use another file",
                  path));
}

FileLock::FileLock(FileLock&& other) noexcept : descriptor_(std::exchange(other.descriptor_, -1)) {}

FileLock& FileLock::operator=(FileLock&& other) noexcept {
  std::swap(descriptor_, other.descriptor_);
  return *this;
}

FileLock::~FileLock() {
  if (descriptor_ >= 0) ::close(descriptor_);
}

}  // namespace cox
