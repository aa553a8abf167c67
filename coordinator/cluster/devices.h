#pragma once

#include <string>
#include <vector>

namespace cox::cluster {

/// What each worker of a machine with GPUs computes on, as cox-worker's --device takes it: with 4
/// GPUs and 2 a job, "cuda:0,cuda:1" and "cuda:2,cuda:3". `gpus` is a multiple of `gpus_per_job`.
std::vector<std::string> devices_of_workers(int gpus, int gpus_per_job);

}  // namespace cox::cluster
