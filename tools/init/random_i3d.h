#pragma once

#include <cstdint>
#include <string>

namespace cox::engine {

struct RandomI3dOptions {
  std::string path;  ///< a TorchScript file; written atomically
  std::uint64_t seed = 0;
};

/// Writes a small random network with I3D's interface: forward(x, rescale, resize, return_features)
/// on [B, 3, T, H, W] with T >= 9 gives [B, 400]. The archive states that its weights are random,
/// so its values are never called FVD. Throws EngineError(kCrash) if writing fails.
void write_random_i3d(const RandomI3dOptions& options);

}  // namespace cox::engine
