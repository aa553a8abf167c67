#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "engine/checkpoint/safetensors.h"

namespace cox::engine {

/// Returns the shape of a stored tensor, for networks whose sizes follow from their tensors. Throws
/// EngineError(kUser) that names file and tensor if it is missing or has another number of
/// dimensions.
std::vector<int64_t> stored_shape(const Checkpoint& file, const std::string& name,
                                  std::size_t dimensions);

/// Returns how many of the tensors name(0), name(1), ... the file holds before the first missing
/// one.
template <typename Name>
std::int64_t count_stored(const Checkpoint& file, Name name) {
  std::int64_t count = 0;
  while (file.contains(name(count))) ++count;
  return count;
}

}  // namespace cox::engine
