#include "base/file.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <utility>

#include "base/text.h"

namespace cox {

namespace fs = std::filesystem;

namespace {

Status file_error(const std::string& what, const std::string& path) {
  const int error = errno;
  const StatusCode code = error == ENOSPC   ? StatusCode::kResourceExhausted
                          : error == ENOENT ? StatusCode::kNotFound
                                            : StatusCode::kUnavailable;
  return {code, concat(what, " '", path, "': ", std::strerror(error))};
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
  const int descriptor = ::open(directory.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (descriptor < 0) return file_error("cannot open directory", directory);
  const int result = ::fsync(descriptor);
  ::close(descriptor);
  return result == 0 ? Status::ok() : file_error("cannot flush directory", directory);
}

/// Renames what was written aside to its place, or takes it away when writing it had failed.
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

Result<std::string> read_file(const std::string& path) {
  errno = 0;
  std::ifstream in(path, std::ios::binary);
  if (!in) return file_error("cannot read", path);
  std::ostringstream content;
  content << in.rdbuf();
  if (in.bad()) return file_error("cannot read", path);
  return content.str();
}

Status check_replaceable(const std::string& path) {
  struct stat facts = {};
  if (::lstat(path.c_str(), &facts) != 0 || S_ISREG(facts.st_mode) || S_ISDIR(facts.st_mode)) {
    return Status::ok();  // what else keeps a path from being written, writing tells
  }
  if (S_ISLNK(facts.st_mode)) {
    return failed_precondition(concat("'", path, "': expected a file or nothing there, got a ",
                                      "symbolic link; name the file that it points to"));
  }
  const char* kind = S_ISFIFO(facts.st_mode)   ? "a pipe"
                     : S_ISSOCK(facts.st_mode) ? "a socket"
                                               : "a device";
  return failed_precondition(
      concat("'", path, "': expected a file or nothing there, got ", kind, "; name a file"));
}

Status write_file_atomically(const std::string& path, std::string_view content) {
  COX_RETURN_IF_ERROR(check_replaceable(path));
  const fs::path parent = fs::absolute(path).parent_path();
  std::error_code error;
  fs::create_directories(parent, error);
  if (error) return unavailable(concat("cannot make '", parent.string(), "': ", error.message()));

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

std::string user_cache_directory() {
  if (const char* cache = std::getenv("XDG_CACHE_HOME"); cache != nullptr && *cache != '\0') {
    return std::string(cache) + "/coxswain";
  }
  const char* home = std::getenv("HOME");
  return std::string(home != nullptr ? home : "/tmp") + "/.cache/coxswain";
}

std::string unique_sibling(const std::string& path) {
  static std::atomic<unsigned> count{0};
  const fs::path target(path);
  const std::string name =
      concat('.', target.filename().string(), '.', ::getpid(), '.', count.fetch_add(1), ".part");
  return (target.parent_path() / name).string();
}

Result<FileLock> FileLock::acquire(const std::string& path) {
  const int descriptor = ::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0644);
  if (descriptor < 0) return file_error("cannot open lock file", path);
  if (::flock(descriptor, LOCK_EX | LOCK_NB) != 0) {
    std::string holder(32, '\0');
    const ssize_t length = ::pread(descriptor, holder.data(), holder.size(), 0);
    holder.resize(length > 0 ? static_cast<size_t>(length) : 0);
    ::close(descriptor);
    return unavailable(concat("'", path, "' is locked by process ", trim(holder),
                              "; stop it first, or use another place"));
  }
  const std::string pid = concat(::getpid(), '\n');
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
  return unavailable(concat("'", path,
                            "' is in use by another process, under this name or another "
                            "(a link); stop it first, or use another file"));
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
