#pragma once

#include <c10/core/Device.h>

#include <cstdint>
#include <string>

namespace cox::engine {

/// Loads libtorch_cuda.so on first use and returns true if it sees a device. LibTorch checks for
/// CUDA only once, so call this before any other use of a CUDA device; parse_device does.
/// Thread-safe.
bool cuda_is_available();

/// Returns how many devices LibTorch sees; 0 when cuda_is_available() is false.
int cuda_device_count();

/// Returns why cuda_is_available() is false: what was looked for and what was found.
std::string cuda_unavailable_reason();

/// Parses `cpu`, `cuda` or `cuda:N`. Throws EngineError(kUser) for another string and for a device
/// that does not exist.
c10::Device parse_device(const std::string& text);

/// Returns the number of a GPU; 0 for `cuda` without a number.
int device_index(c10::Device device);

/// Sets IEEE fp32 everywhere (no TF32), `threads` CPU threads, and, if `deterministic`, only
/// kernels whose results do not vary between runs.
void configure_tensor_library(int threads, bool deterministic);

/// Waits until all work queued on the device is done. Call it before reading a clock.
void synchronize(c10::Device device);

struct DeviceMemory {
  int64_t total_bytes = 0;
  int64_t free_bytes = 0;       ///< unused
  int64_t available_bytes = 0;  ///< free, plus memory that this process has cached
  int64_t allocated_bytes = 0;  ///< in live tensors (CPU: resident memory of this process)
  int64_t peak_bytes = 0;       ///< highest allocated_bytes since reset_peak_memory
};
DeviceMemory device_memory(c10::Device device);
void reset_peak_memory(c10::Device device);
/// Releases cached but unused device memory.
void release_cached_memory(c10::Device device);

std::string device_name(c10::Device device);     ///< processor or GPU model
std::string driver_version(c10::Device device);  ///< GPU driver, "" for a CPU
std::string torch_version();

}  // namespace cox::engine
