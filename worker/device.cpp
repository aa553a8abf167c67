#include "worker/device.h"

#include <fmt/format.h>

#include <vector>

#include "base/text.h"

namespace cox::worker {

Result<std::string> chosen_devices(const DeviceChoice& choice, int gpu_count) {
  const int count = choice.gpus_per_job;
  const std::string wanted = choice.wanted != "auto" ? choice.wanted
                             : gpu_count > 0         ? "cuda"
                                                     : "cpu";
  if (wanted == "cpu") {
    return join(std::vector<std::string>(static_cast<std::size_t>(count), "cpu"), ",");
  }
  if (wanted != "cuda") {
    const std::size_t named = split(wanted, ',').size();
    if (count == 1 || named == static_cast<std::size_t>(count)) return wanted;
    return invalid_argument(fmt::format("--gpus-per-job {}: expected as many devices, got {} ({})",
                                        count, named, wanted));
  }
  if (count > 1 && count > gpu_count) {
    return failed_precondition(
        fmt::format("--gpus-per-job {}: this machine has {} GPU(s)", count, gpu_count));
  }
  if (gpu_count <= 1) return wanted;
  const int first = choice.slot % (gpu_count / count) * count;
  std::vector<std::string> devices;
  for (int i = 0; i < count; ++i) devices.push_back(fmt::format("cuda:{}", first + i));
  return join(devices, ",");
}

}  // namespace cox::worker
