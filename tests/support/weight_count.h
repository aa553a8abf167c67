#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "engine/checkpoint/weight_map.h"

namespace cox::engine {

/// Returns how many numbers the tensors hold whose name contains `part`.
inline std::int64_t weight_count(const std::vector<ExpectedTensor>& tensors,
                                 const std::string& part = "") {
  std::int64_t total = 0;
  for (const ExpectedTensor& tensor : tensors) {
    if (tensor.name.find(part) == std::string::npos) continue;
    std::int64_t size = 1;
    for (const std::int64_t length : tensor.shape) size *= length;
    total += size;
  }
  return total;
}

}  // namespace cox::engine
