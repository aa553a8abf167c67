#include "engine/device/cuda_driver.h"

#include <fmt/format.h>

#include <c10/util/Exception.h>
#include <dlfcn.h>

#include <optional>

#include "engine/device/symbol.h"

namespace cox::engine {
namespace {

std::optional<CudaDriver> load_driver() {
  void* library = ::dlopen("libcuda.so.1", RTLD_NOW);
  if (library == nullptr) return std::nullopt;
  CudaDriver driver;
  const bool complete =
      find_symbol(library, "cuDeviceGet", driver.get_device) &&
      find_symbol(library, "cuDeviceGetName", driver.get_name) &&
      find_symbol(library, "cuDeviceGetAttribute", driver.get_attribute) &&
      find_symbol(library, "cuCtxGetCurrent", driver.get_context) &&
      find_symbol(library, "cuCtxSetCurrent", driver.set_context) &&
      find_symbol(library, "cuDevicePrimaryCtxRetain", driver.retain_primary_context) &&
      find_symbol(library, "cuModuleLoadData", driver.load_module) &&
      find_symbol(library, "cuModuleGetFunction", driver.get_function) &&
      find_symbol(library, "cuLaunchKernel", driver.launch) &&
      find_symbol(library, "cuGetErrorString", driver.error_text);
  return complete ? std::optional(driver) : std::nullopt;
}

}  // namespace

void CudaDriver::check(Result result, const std::string& what) const {
  if (result == kSuccess) return;
  const char* text = nullptr;
  error_text(result, &text);
  throw c10::AcceleratorError(
      {__func__, __FILE__, __LINE__}, result,
      fmt::format("CUDA error: {}: {} ({})", what, text == nullptr ? "unknown" : text, result));
}

int CudaDriver::attribute(int device, int attribute) const {
  int handle = 0, value = 0;
  check(get_device(&handle, device), fmt::format("device {}", device));
  check(get_attribute(&value, attribute, handle), fmt::format("attribute {}", attribute));
  return value;
}

const CudaDriver* cuda_driver() {
  static const std::optional<CudaDriver> driver = load_driver();
  return driver ? &*driver : nullptr;
}

}  // namespace cox::engine
