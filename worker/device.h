#pragma once

#include <string>

namespace cox::worker {

/// Which device a worker computes on when its start left the choice open: `auto` is a GPU where
/// there is one, else the processor, and a GPU without a number is the `slot`-th, round and round,
/// so that the workers of one machine spread over its GPUs. Anything else stays as it is.
inline std::string chosen_device(const std::string& wanted, int slot, int gpu_count) {
  const std::string device = wanted != "auto" ? wanted : gpu_count > 0 ? "cuda" : "cpu";
  if (device != "cuda" || gpu_count <= 1) return device;
  return "cuda:" + std::to_string(slot % gpu_count);
}

}  // namespace cox::worker
