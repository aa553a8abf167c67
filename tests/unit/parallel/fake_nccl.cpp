// A library in the place of NCCL, whose calls return, fail or hang as a test says.

#include "fake_nccl.h"

#include <atomic>
#include <chrono>
#include <thread>

namespace {

std::atomic<FakeNcclMode> making = FakeNcclMode::kWorks, freeing = FakeNcclMode::kWorks;
std::atomic<int> made = 0, freed = 0;
constexpr int kFailure = 3;

int answer(const std::atomic<FakeNcclMode>& mode) {
  while (mode == FakeNcclMode::kHangs) std::this_thread::sleep_for(std::chrono::milliseconds(5));
  return mode == FakeNcclMode::kFails ? kFailure : 0;
}

}  // namespace

extern "C" {

void fake_nccl_set(FakeNcclMode of_making, FakeNcclMode of_freeing) {
  making = of_making;
  freeing = of_freeing;
}
int fake_nccl_made() { return made; }
int fake_nccl_freed() { return freed; }

int ncclGetVersion(int* version) {
  *version = 0;
  return 0;
}
int ncclCommInitAll(void** communicators, int devices, const int*) {
  const int result = answer(making);
  if (result != 0) return result;
  for (int i = 0; i < devices; ++i) communicators[i] = &communicators[i];
  made += devices;
  return 0;
}
int ncclCommAbort(void*) {
  const int result = answer(freeing);
  ++freed;
  return result;
}
int ncclCommGetAsyncError(void*, int* error) {
  *error = 0;
  return 0;
}
const char* ncclGetErrorString(int) { return "the fake library fails"; }

// Never called: found by name when the library is loaded.
int ncclGroupStart() { return kFailure; }
int ncclGroupEnd() { return kFailure; }
int ncclSend() { return kFailure; }
int ncclRecv() { return kFailure; }
int ncclAllGather() { return kFailure; }
int ncclAllReduce() { return kFailure; }
int ncclReduceScatter() { return kFailure; }
}
