#include "coordinator/cluster/devices.h"

#include <fmt/format.h>

#include "base/text.h"

namespace cox::cluster {

std::vector<std::string> devices_of_workers(int gpus, int gpus_per_job) {
  std::vector<std::string> workers;
  for (int first = 0; first < gpus; first += gpus_per_job) {
    std::vector<std::string> devices;
    for (int i = 0; i < gpus_per_job; ++i) devices.push_back(fmt::format("cuda:{}", first + i));
    workers.push_back(join(devices, ","));
  }
  return workers;
}

}  // namespace cox::cluster
