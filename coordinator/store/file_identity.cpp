#include "coordinator/store/file_identity.h"

#include <fmt/format.h>
#include <sys/stat.h>

#include <cerrno>
#include <cstring>

namespace cox::store {

namespace {

Result<struct stat> stat_of(const std::string& path) {
  struct stat info {};
  if (::stat(path.c_str(), &info) == 0) return info;
  return unavailable(fmt::format("cannot examine '{}': {}", path, std::strerror(errno)));
}

}  // namespace

Result<FileIdentity> FileIdentity::of(const std::string& path) {
  COX_ASSIGN_OR_RETURN(const struct stat info, stat_of(path));
  FileIdentity identity;
  identity.device_ = info.st_dev;
  identity.inode_ = info.st_ino;
  return identity;
}

Status FileIdentity::check_unchanged(const std::string& path) const {
  const Result<FileIdentity> now = of(path);
  if (now.is_ok() && now->device_ == device_ && now->inode_ == inode_) return Status::ok();
  return {StatusCode::kDataLoss,
          now.is_ok() ? fmt::format("'{}' is not the file that was opened", path)
                      : fmt::format("'{}' was deleted: {}", path, now.status().message())};
}

Result<FileStamp> FileStamp::of(const std::string& path) {
  COX_ASSIGN_OR_RETURN(const struct stat info, stat_of(path));
  constexpr std::int64_t kSecondNs = 1'000'000'000;
  return FileStamp{info.st_size, info.st_mtim.tv_sec * kSecondNs + info.st_mtim.tv_nsec};
}

}  // namespace cox::store
