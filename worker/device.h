#pragma once

#include <string>

namespace cox::worker {

/// Returns the device that a worker computes on: `auto` is a GPU if there is one, else the CPU; a
/// GPU without a number is number `slot` modulo the number of GPUs, so that the workers of one
/// machine spread over its GPUs. Other devices stay as they are.
inline std::string chosen_device(const std::string& wanted, int slot, int gpu_count) {
  const std::string device = wanted != "auto" ? wanted : gpu_count > 0 ? "cuda" : "cpu";
  if (device != "cuda" || gpu_count <= 1) return device;
  return "cuda:" + std::to_string(slot % gpu_count);
}

}  // namespace cox::worker
