#pragma once

#include <map>
#include <string>

namespace cox::engine {

/// What a weights file must say of itself, in a safetensors file's metadata or in the file
/// `extra/cox.json` of a TorchScript archive. scripts/convert_*.py write it.
struct WeightsOrigin {
  std::string network;  ///< for what they are, as `i3d`
  bool random = false;  ///< `weights` is "random" instead of "trained"
};

/// Reads `network` and `weights` out of `stated`. Throws EngineError(kUser) that names the file,
/// `expected` and the script when they are missing, of another network or neither trained nor
/// random.
WeightsOrigin read_origin(const std::map<std::string, std::string>& stated, const std::string& path,
                          const std::string& expected, const std::string& script);

}  // namespace cox::engine
