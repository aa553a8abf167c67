#include "engine/device/device_program.h"

#include <fmt/format.h>

#include <c10/core/DeviceGuard.h>
#include <c10/core/impl/VirtualGuardImpl.h>

#include <stdexcept>

#include "base/mutex.h"
#include "engine/device/cuda.h"
#include "engine/device/cuda_driver.h"
#include "engine/tensors/error.h"

namespace cox::engine {

/// The program on one device. Never unloaded.
struct DeviceProgram::Loaded {
  CudaDriver::Handle module = nullptr;
  std::map<std::string, CudaDriver::Handle> kernels;
};

struct DeviceProgram::State {
  Mutex mutex;
  std::map<int, Loaded> devices COX_GUARDED_BY(mutex);
};

namespace {

const CudaDriver& driver() {
  const CudaDriver* found = cuda_driver();
  if (found == nullptr) throw user_error("cannot load libcuda.so.1", "kernels");
  return *found;
}

/// LibTorch works in each device's primary context; a thread that has not touched the device yet
/// has none.
void enter_primary_context(int device) {
  CudaDriver::Handle context = nullptr;
  driver().check(driver().get_context(&context), "current context");
  if (context != nullptr) return;
  int handle = 0;
  driver().check(driver().get_device(&handle, device), fmt::format("device {}", device));
  driver().check(driver().retain_primary_context(&context, handle), "primary context");
  driver().check(driver().set_context(context), "entering the primary context");
}

}  // namespace

DeviceProgram::DeviceProgram(CudaSource source)
    : source_(source), state_(std::make_unique<State>()) {}
DeviceProgram::~DeviceProgram() = default;

DeviceProgram::Loaded& DeviceProgram::loaded(at::Device device) {
  const int index = device_index(device);
  const MutexLock lock(state_->mutex);
  const auto found = state_->devices.find(index);
  if (found != state_->devices.end()) return found->second;

  const std::string architecture =
      fmt::format("sm_{}{}", driver().attribute(index, CudaDriver::kCapabilityMajor),
                  driver().attribute(index, CudaDriver::kCapabilityMinor));
  const Result<std::string> code = compile_cuda(source_, architecture);
  if (!code.is_ok()) {
    throw user_error(fmt::format("cannot compile the fused kernels for this GPU ({}): {}; "
                                 "install NVRTC next to LibTorch or choose --kernels stock",
                                 architecture, code.status().message()),
                     "kernels");
  }
  Loaded program;
  driver().check(driver().load_module(&program.module, code->data()), "loading kernels");
  return state_->devices.emplace(index, program).first->second;
}

void DeviceProgram::load(at::Device device) {
  const c10::DeviceGuard guard(device);
  enter_primary_context(device_index(device));
  loaded(device);
}

void DeviceProgram::start(const std::string& kernel, at::Device device, const LaunchSize& size,
                          void** arguments) {
  const c10::DeviceGuard guard(device);
  enter_primary_context(device_index(device));
  Loaded& program = loaded(device);
  CudaDriver::Handle function = nullptr;
  {
    const MutexLock lock(state_->mutex);
    CudaDriver::Handle& known = program.kernels[kernel];
    if (known == nullptr) {
      driver().check(driver().get_function(&known, program.module, kernel.c_str()), kernel);
    }
    function = known;
  }
  const c10::Stream stream = c10::impl::VirtualGuardImpl(device.type()).getStream(device);
  driver().check(
      driver().launch(function, static_cast<unsigned>(size.blocks_x),
                      static_cast<unsigned>(size.blocks_y), 1, static_cast<unsigned>(size.threads),
                      1, 1, static_cast<unsigned>(size.shared_bytes), stream.native_handle(),
                      arguments, nullptr),
      "launching " + kernel);
}

}  // namespace cox::engine
