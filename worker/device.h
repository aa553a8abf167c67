#pragma once

#include <string>

#include "base/status.h"

namespace cox::worker {

/// The device options of a worker.
struct DeviceChoice {
  std::string wanted = "auto";  ///< auto, cpu, cuda, cuda:N, or several separated by commas
  int slot = 0;                 ///< of this worker among those of its machine
  int gpus_per_job = 1;         ///< that do each job together
};

/// Returns the devices that a worker computes on, separated by commas. `auto` is a GPU if there is
/// one, else the CPU. GPUs without a number are divided into sets of `gpus_per_job`; the worker
/// gets set `slot` modulo their number, so that the workers of one machine spread over its GPUs. A
/// CPU is named once for each part. Devices that have a number stay as they are; their count must
/// then be `gpus_per_job` unless that is 1.
Result<std::string> chosen_devices(const DeviceChoice& choice, int gpu_count);

}  // namespace cox::worker
