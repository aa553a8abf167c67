#include "engine/device/cuda.h"

#include <fmt/format.h>

#include <ATen/Context.h>
#include <ATen/Parallel.h>
#include <ATen/detail/CUDAHooksInterface.h>
#include <c10/core/CachingDeviceAllocator.h>
#include <c10/core/impl/VirtualGuardImpl.h>
#include <dlfcn.h>
#include <torch/csrc/api/include/torch/version.h>

#include <cstdlib>
#include <fstream>
#include <sstream>

#include "base/text.h"
#include "engine/device/cuda_driver.h"
#include "engine/device/host_memory.h"
#include "engine/device/proc_file.h"
#include "engine/tensors/error.h"

namespace cox::engine {
namespace {

struct CudaState {
  bool available = false;
  std::string reason;
};

/// cuBLAS is deterministic only if its workspaces are fixed before the first use of CUDA.
CudaState load_cuda() {
  ::setenv("CUBLAS_WORKSPACE_CONFIG", ":4096:8", /*overwrite=*/0);
  if (::dlopen("libtorch_cuda.so", RTLD_NOW | RTLD_GLOBAL) == nullptr) {
    return {false, fmt::format("cannot load libtorch_cuda.so: {}", ::dlerror())};
  }
  if (!at::detail::getCUDAHooks().hasCUDA() || at::detail::getCUDAHooks().deviceCount() == 0) {
    return {false, "libtorch_cuda.so found no GPU; check the driver and CUDA_VISIBLE_DEVICES"};
  }
  return {true, ""};
}

const CudaState& cuda_state() {
  static const CudaState state = load_cuda();
  return state;
}

std::string gpu_name(int index) {
  const CudaDriver* driver = cuda_driver();
  int device = 0;
  char name[256] = "";
  if (driver == nullptr || driver->get_device(&device, index) != CudaDriver::kSuccess ||
      driver->get_name(name, sizeof name, device) != CudaDriver::kSuccess) {
    return "unknown GPU";
  }
  return name;
}

}  // namespace

int device_index(c10::Device device) { return device.has_index() ? device.index() : 0; }

bool cuda_is_available() { return cuda_state().available; }
int cuda_device_count() {
  return cuda_is_available() ? at::detail::getCUDAHooks().deviceCount() : 0;
}
std::string cuda_unavailable_reason() { return cuda_state().reason; }

c10::Device parse_device(const std::string& text) {
  if (text == "cpu") return c10::Device(c10::kCPU);
  const bool numbered = starts_with(text, "cuda:") && text.size() > 5 && text.size() < 8 &&
                        text.find_first_not_of("0123456789", 5) == std::string::npos;
  if (text != "cuda" && !numbered) {
    throw user_error(fmt::format("device: expected cpu, cuda or cuda:N, got '{}'", text));
  }
  if (!cuda_is_available()) {
    throw user_error(
        fmt::format("device '{}' is not available: {}", text, cuda_unavailable_reason()));
  }
  const int index = numbered ? std::stoi(text.substr(5)) : 0;
  const int count = cuda_device_count();
  if (index >= count) {
    throw user_error(
        fmt::format("device '{}' does not exist: this machine has {} GPU(s)", text, count));
  }
  return c10::Device(c10::kCUDA, static_cast<c10::DeviceIndex>(index));
}

void configure_tensor_library(int threads, bool deterministic) {
  at::set_num_threads(threads);
  at::Context& context = at::globalContext();
  context.setAllowTF32CuBLAS(false);
  context.setAllowTF32CuDNN(false);
  context.setDeterministicAlgorithms(deterministic, /*warn_only=*/false);
  context.setDeterministicFillUninitializedMemory(false);
  context.setDeterministicCuDNN(deterministic);
  context.setBenchmarkCuDNN(false);
}

void synchronize(c10::Device device) {
  if (device.is_cpu()) return;
  c10::impl::VirtualGuardImpl(device.type())
      .synchronizeDevice(static_cast<c10::DeviceIndex>(device_index(device)));
}

DeviceMemory device_memory(c10::Device device) {
  if (device.is_cpu()) {
    const int64_t available = available_host_bytes();
    return {meminfo_bytes("MemTotal"), available, available, status_bytes("VmRSS"),
            status_bytes("VmHWM")};
  }
  const auto index = static_cast<c10::DeviceIndex>(device_index(device));
  c10::DeviceAllocator* allocator = at::getDeviceAllocator(device.type());
  const auto [free_bytes, total_bytes] = allocator->getMemoryInfo(index);
  DeviceMemory memory;
  memory.free_bytes = static_cast<int64_t>(free_bytes);
  memory.available_bytes = memory.free_bytes;
  memory.total_bytes = static_cast<int64_t>(total_bytes);
  if (allocator->initialized()) {
    constexpr size_t kAllPools = 0;
    const auto stats = allocator->getDeviceStats(index);
    memory.allocated_bytes = stats.allocated_bytes[kAllPools].current;
    memory.peak_bytes = stats.allocated_bytes[kAllPools].peak;
    memory.available_bytes += stats.reserved_bytes[kAllPools].current - memory.allocated_bytes;
  }
  return memory;
}

void reset_peak_memory(c10::Device device) {
  if (device.is_cpu()) {
    std::ofstream("/proc/self/clear_refs") << "5";  // VmHWM back to VmRSS
    return;
  }
  c10::DeviceAllocator* allocator = at::getDeviceAllocator(device.type());
  if (allocator->initialized()) {
    allocator->resetPeakStats(static_cast<c10::DeviceIndex>(device_index(device)));
  }
}

void release_cached_memory(c10::Device device) {
  if (!device.is_cpu()) at::getDeviceAllocator(device.type())->emptyCache();
}

std::string device_name(c10::Device device) {
  if (!device.is_cpu()) return gpu_name(device_index(device));
  const std::string model = line_value("/proc/cpuinfo", "model name");
  return model.empty() ? "unknown processor" : model;
}

std::string driver_version(c10::Device device) {
  if (device.is_cpu()) return "";
  std::ifstream in("/sys/module/nvidia/version");
  std::string version;
  std::getline(in, version);
  return version;
}

std::string torch_version() { return TORCH_VERSION; }

}  // namespace cox::engine
