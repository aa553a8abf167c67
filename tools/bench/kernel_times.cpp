#include "tools/bench/kernel_times.h"

#include <torch/csrc/autograd/profiler_kineto.h>

#include <algorithm>
#include <map>
#include <set>

#include "engine/device/cuda.h"
#include "engine/tensors/error.h"

namespace cox::engine {

void require_kernel_times(c10::Device device) {
  if (device.is_cuda()) return;
  throw user_error("--profile: expected a GPU, got the CPU; choose --device cuda", "usage");
}

std::vector<KernelTime> kernel_times(c10::Device device, const std::function<void()>& work) {
  namespace profiler = torch::autograd::profiler;
  const profiler::ProfilerConfig config(profiler::ProfilerState::KINETO);
  const std::set<profiler::ActivityType> activities = {profiler::ActivityType::CPU,
                                                       profiler::ActivityType::CUDA};
  profiler::prepareProfiler(config, activities);
  profiler::enableProfiler(config, activities, {at::RecordScope::FUNCTION});
  work();
  synchronize(device);
  const auto recorded = profiler::disableProfiler();
  constexpr double kNanoseconds = 1e-9;
  std::map<std::string, KernelTime> by_name;
  for (const profiler::KinetoEvent& event : recorded->events()) {
    if (event.deviceType() != c10::DeviceType::CUDA) continue;
    KernelTime& kernel = by_name[event.name()];
    kernel.name = event.name();
    ++kernel.launches;
    kernel.seconds += kNanoseconds * static_cast<double>(event.durationNs());
  }
  if (by_name.empty()) {
    throw user_error(
        "--profile: this LibTorch recorded no GPU activity; install its CUDA build with "
        "CUPTI",
        "usage");
  }
  std::vector<KernelTime> kernels;
  for (auto& [name, kernel] : by_name) kernels.push_back(std::move(kernel));
  std::sort(kernels.begin(), kernels.end(),
            [](const KernelTime& a, const KernelTime& b) { return a.seconds > b.seconds; });
  return kernels;
}

}  // namespace cox::engine
