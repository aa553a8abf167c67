#pragma once

#include <ATen/core/Tensor.h>

#include <map>
#include <memory>
#include <string>

#include "engine/device/nvrtc.h"

namespace cox::engine {

/// How many threads a kernel runs on: blocks in two dimensions, threads of each, and its dynamic
/// shared memory (at most 48 KiB).
struct LaunchSize {
  int64_t blocks_x = 1;
  int64_t blocks_y = 1;
  int64_t threads = 1;
  int64_t shared_bytes = 0;
};

/// A CUDA program of ours, compiled for each device that it is first used on. Kernels run on the
/// device's current stream, in turn with LibTorch's own. Thread-safe.
class DeviceProgram {
 public:
  explicit DeviceProgram(CudaSource source);
  ~DeviceProgram();

  /// Compiles and loads it unless it is there. Throws EngineError(kUser, "kernels") when NVRTC is
  /// missing or refuses, saying so.
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
