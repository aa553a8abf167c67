#include "coordinator/store/file_identity.h"

#include <sys/stat.h>

#include <cerrno>
#include <cstring>

#include "base/text.h"

namespace cox::store {

Result<FileIdentity> FileIdentity::of(const std::string& path) {
  struct stat info {};
  if (::stat(path.c_str(), &info) != 0) {
    return unavailable(concat("cannot look at '", path, "': ", std::strerror(errno)));
  }
  FileIdentity identity;
  identity.device_ = info.st_dev;
  identity.inode_ = info.st_ino;
  return identity;
}

Status FileIdentity::check_unchanged(const std::string& path) const {
  const Result<FileIdentity> now = of(path);
  if (now.is_ok() && now->device_ == device_ && now->inode_ == inode_) return Status::ok();
  return {StatusCode::kDataLoss,
          now.is_ok() ? concat("another file lies at '", path, "' than the one that was opened")
                      : concat("the file was taken away (", now.status().message(), ")")};
}

}  // namespace cox::store
