#pragma once

#include <cstdint>
#include <string>

namespace cox::engine {

struct RandomLpipsOptions {
  std::string path;  ///< a safetensors file; written atomically
  std::uint64_t seed = 0;
};

/// Writes LPIPS weights with a random AlexNet trunk and positive random heads. The file's metadata
/// states `trunk: random`, so its scores are recorded as `lpips_random_trunk`, never as LPIPS.
/// Throws std::runtime_error if writing fails.
void write_random_lpips(const RandomLpipsOptions& options);

}  // namespace cox::engine
