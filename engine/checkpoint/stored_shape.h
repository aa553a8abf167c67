#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "engine/checkpoint/safetensors.h"

namespace cox::engine {

/// Returns the shape of a stored tensor, for networks whose sizes their tensors tell. Throws
/// EngineError(kUser) that names file and tensor unless it is there with so many dimensions.
std::vector<int64_t> stored_shape(const Checkpoint& file, const std::string& name,
                                  std::size_t dimensions);

/// How many of the names that `name` gives for 0, 1, 2, ... the file holds before the first missing
/// one.
template <typename Name>
std::int64_t count_stored(const Checkpoint& file, Name name) {
  std::int64_t count = 0;
  while (file.contains(name(count))) ++count;
  return count;
}

}  // namespace cox::engine
