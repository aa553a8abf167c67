#pragma once

#include <string>

namespace cox::engine {

/// The functions of libcuda.so.1 that our own kernels need, found at run time, so that the build
/// needs no CUDA headers or toolkit. Names, arguments and codes are those of CUDA's driver API; its
/// handles are opaque pointers here.
struct CudaDriver {
  using Handle = void*;
  using Result = int;
  static constexpr Result kSuccess = 0;
  static constexpr int kMultiprocessors = 16;  ///< CU_DEVICE_ATTRIBUTE_MULTIPROCESSOR_COUNT
  static constexpr int kCapabilityMajor = 75;  ///< CU_DEVICE_ATTRIBUTE_COMPUTE_CAPABILITY_MAJOR
  static constexpr int kCapabilityMinor = 76;

  Result (*get_device)(int* device, int ordinal) = nullptr;
  Result (*get_name)(char* name, int size, int device) = nullptr;
  Result (*get_attribute)(int* value, int attribute, int device) = nullptr;
  Result (*get_context)(Handle* context) = nullptr;
  Result (*set_context)(Handle context) = nullptr;
  Result (*retain_primary_context)(Handle* context, int device) = nullptr;
  Result (*load_module)(Handle* module, const void* image) = nullptr;
  Result (*get_function)(Handle* function, Handle module, const char* name) = nullptr;
  Result (*launch)(Handle function, unsigned grid_x, unsigned grid_y, unsigned grid_z,
                   unsigned block_x, unsigned block_y, unsigned block_z, unsigned shared_bytes,
                   Handle stream, void** arguments, void** extra) = nullptr;
  Result (*error_text)(Result result, const char** text) = nullptr;

  /// Throws c10::AcceleratorError with `what` and the driver's message unless `result` is success,
  /// as LibTorch does for its own calls.
  void check(Result result, const std::string& what) const;
  /// Returns one attribute of a device.
  int attribute(int device, int attribute) const;
};

/// Returns null when the library or one of its functions is missing. Thread-safe.
const CudaDriver* cuda_driver();

}  // namespace cox::engine
