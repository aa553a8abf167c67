#include "engine/tensors/cuda_driver.h"

#include <c10/util/Exception.h>
#include <dlfcn.h>

#include <optional>

#include "base/text.h"

namespace cox::engine {
namespace {

template <typename Function>
bool find(void* library, const char* name, Function*& function) {
  function = reinterpret_cast<Function*>(::dlsym(library, name));
  return function != nullptr;
}

std::optional<CudaDriver> load_driver() {
  void* library = ::dlopen("libcuda.so.1", RTLD_NOW);
  if (library == nullptr) return std::nullopt;
  CudaDriver driver;
  const bool complete =
      find(library, "cuDeviceGet", driver.get_device) &&
      find(library, "cuDeviceGetName", driver.get_name) &&
      find(library, "cuDeviceGetAttribute", driver.get_attribute) &&
      find(library, "cuCtxGetCurrent", driver.get_context) &&
      find(library, "cuCtxSetCurrent", driver.set_context) &&
      find(library, "cuDevicePrimaryCtxRetain", driver.retain_primary_context) &&
      find(library, "cuModuleLoadData", driver.load_module) &&
      find(library, "cuModuleGetFunction", driver.get_function) &&
      find(library, "cuLaunchKernel", driver.launch) &&
      find(library, "cuGetErrorString", driver.error_text);
  return complete ? std::optional(driver) : std::nullopt;
}

}  // namespace

void CudaDriver::check(Result result, const std::string& what) const {
  if (result == kSuccess) return;
  const char* text = nullptr;
  error_text(result, &text);
  throw c10::AcceleratorError(
      {__func__, __FILE__, __LINE__}, result,
      concat("CUDA error: ", what, ": ", text == nullptr ? "unknown" : text, " (", result, ")"));
}

int CudaDriver::attribute(int device, int attribute) const {
  int handle = 0, value = 0;
  check(get_device(&handle, device), concat("device ", device));
  check(get_attribute(&value, attribute, handle), concat("attribute ", attribute));
  return value;
}

const CudaDriver* cuda_driver() {
  static const std::optional<CudaDriver> driver = load_driver();
  return driver ? &*driver : nullptr;
}

}  // namespace cox::engine
