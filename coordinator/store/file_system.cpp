#include "coordinator/store/file_system.h"

#include <fmt/format.h>
#include <sys/vfs.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <utility>

namespace cox::store {

namespace {

// From statfs(2) and the file systems' own headers.
constexpr std::array<std::pair<std::int64_t, std::string_view>, 11> kNetworkFileSystems = {{
    {0x6969, "NFS"},
    {0x517B, "SMB"},
    {0xFF534D42, "CIFS"},
    {0xFE534D42, "SMB2"},
    {0x0BD00BD0, "Lustre"},
    {0x47504653, "GPFS"},
    {0x00C36400, "Ceph"},
    {0x19830326, "BeeGFS"},
    {0x5346414F, "AFS"},
    {0xAAD7AAEA, "PanFS"},
    {0x7461636F, "OCFS2"},
}};

}  // namespace

std::string_view network_file_system(std::int64_t magic) {
  for (const auto& [number, name] : kNetworkFileSystems) {
    if (number == (magic & 0xFFFFFFFF)) return name;
  }
  return "";
}

Result<std::string> network_file_system_of(const std::string& directory) {
  struct statfs info {};
  if (statfs(directory.c_str(), &info) != 0) {
    return not_found(
        fmt::format("cannot examine directory '{}': {}", directory, std::strerror(errno)));
  }
  return std::string(network_file_system(info.f_type));
}

Status check_local_file_system(const std::string& directory) {
  COX_ASSIGN_OR_RETURN(const std::string name, network_file_system_of(directory));
  if (name.empty()) return Status::ok();
  return failed_precondition(
      fmt::format("'{}' is on {}, a network file system, where SQLite can lose or corrupt data; "
                  "put the database on a local disk (such as a scratch disk of the coordinator's "
                  "machine) and copy it here when the sweep is done",
                  directory, name));
}

}  // namespace cox::store
