#include "engine/device/host_memory.h"

#include <fmt/format.h>

#include <sys/resource.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <fstream>
#include <optional>

#include "engine/device/proc_file.h"
#include "engine/tensors/error.h"

namespace cox::engine {
namespace {

/// Returns the number in a control group's file; nothing without such a file or limit.
std::optional<int64_t> control_group_bytes(const char* name) {
  std::ifstream in(fmt::format("/sys/fs/cgroup/{}", name));
  int64_t bytes = 0;
  return in >> bytes ? std::optional(bytes) : std::nullopt;
}

}  // namespace

int64_t available_host_bytes() {
  const int64_t machine = meminfo_bytes("MemAvailable");
  const auto bound = control_group_bytes("memory.max");
  const auto used = control_group_bytes("memory.current");
  return bound && used ? std::min(machine, std::max<int64_t>(0, *bound - *used)) : machine;
}

void limit_host_memory(int64_t bytes) {
  rlimit limit{};
  ::getrlimit(RLIMIT_DATA, &limit);
  const auto wanted = static_cast<rlim_t>(status_bytes("VmData") + bytes);
  limit.rlim_cur = std::min(limit.rlim_max, wanted);
  if (::setrlimit(RLIMIT_DATA, &limit) != 0) {
    throw EngineError(FailureCause::kCrash,
                      fmt::format("cannot limit this process to {} bytes of memory: {}", wanted,
                                  std::strerror(errno)));
  }
}

}  // namespace cox::engine
