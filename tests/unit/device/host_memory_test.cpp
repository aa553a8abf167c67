#include "engine/device/host_memory.h"

#include <sys/wait.h>
#include <unistd.h>

#include "engine/device/cuda.h"
#include "engine/tensors/torch.h"
#include "tests/support/torch_catch.h"

using namespace cox;
using namespace cox::engine;

namespace {

constexpr int64_t kMebibyte = 1 << 20;

bool can_allocate(int64_t bytes) {
  try {
    return at::empty({bytes}, at::kByte).numel() == bytes;
  } catch (const c10::Error&) {
    return false;
  }
}

/// Which of two allocations a process of its own gets once it may take 256 MiB more.
int allocations_under_limit() {
  const pid_t child = ::fork();
  if (child == 0) {
    limit_host_memory(256 * kMebibyte);
    const int small = can_allocate(64 * kMebibyte) ? 1 : 0;
    const int large = can_allocate(1024 * kMebibyte) ? 2 : 0;
    ::_exit(small + large);
  }
  int status = 0;
  ::waitpid(child, &status, 0);
  return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

}  // namespace

TEST_CASE("Beyond the limit an allocation fails, and below it none does") {
  CHECK(allocations_under_limit() == 1);
}

TEST_CASE("Available memory is at most the machine's memory") {
  const int64_t total = device_memory(c10::kCPU).total_bytes;
  CHECK(available_host_bytes() > 0);
  CHECK(available_host_bytes() < total);
}
