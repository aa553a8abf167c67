#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include <c10/core/Device.h>

namespace cox::engine {

/// The time that a GPU spent on all launches of one kernel.
struct KernelTime {
  std::string name;
  std::int64_t launches = 0;
  double seconds = 0;
};

/// Throws EngineError(kUser, "usage") unless the device is a GPU.
void require_kernel_times(c10::Device device);

/// Runs `work` under LibTorch's profiler and returns the kernels and copies that ran on GPUs, the
/// longest total first. Throws EngineError(kUser, "usage") if the profiler records none.
std::vector<KernelTime> kernel_times(c10::Device device, const std::function<void()>& work);

}  // namespace cox::engine
