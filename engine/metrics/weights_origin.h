#pragma once

#include <map>
#include <string>

namespace cox::engine {

/// What a weights file must state about itself, in the metadata of a safetensors file or in
/// `extra/cox.json` of a TorchScript archive. Written by scripts/convert_*.py.
struct WeightsOrigin {
  std::string network;  ///< the network of the weights, such as `i3d`
  bool random = false;  ///< `weights` is "random" instead of "trained"
};

/// Reads `network` and `weights` from `stated`. Throws EngineError(kUser) that names the file,
/// `expected` and the script if they are missing, belong to another network or are neither trained
/// nor random.
WeightsOrigin read_origin(const std::map<std::string, std::string>& stated, const std::string& path,
                          const std::string& expected, const std::string& script);

}  // namespace cox::engine
