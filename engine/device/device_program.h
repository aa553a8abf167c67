#pragma once

#include <ATen/core/Tensor.h>

#include <map>
#include <memory>
#include <string>

#include "engine/device/nvrtc.h"

namespace cox::engine {

/// The launch size of a kernel: blocks in two dimensions, threads per block, and dynamic shared
/// memory (at most 48 KiB).
struct LaunchSize {
  int64_t blocks_x = 1;
  int64_t blocks_y = 1;
  int64_t threads = 1;
  int64_t shared_bytes = 0;
};

/// One of our CUDA programs, compiled for each device on first use. Kernels run on the device's
/// current stream, in order with LibTorch's own. Thread-safe.
class DeviceProgram {
 public:
  explicit DeviceProgram(CudaSource source);
  ~DeviceProgram();

  /// Compiles and loads it unless it is loaded. Throws EngineError(kUser, "kernels") when NVRTC is
  /// missing or fails.
  void load(at::Device device);

  /// Starts `kernel`; the arguments must have the types that it declares.
  template <typename... Arguments>
  void launch(const std::string& kernel, at::Device device, const LaunchSize& size,
              Arguments... arguments) {
    void* pointers[] = {&arguments...};
    start(kernel, device, size, pointers);
  }

 private:
  struct Loaded;

  Loaded& loaded(at::Device device);
  void start(const std::string& kernel, at::Device device, const LaunchSize& size,
             void** arguments);

  CudaSource source_;
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace cox::engine
