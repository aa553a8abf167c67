#pragma once

#include <memory>
#include <string>

#include "engine/vae/video_vae.h"

namespace cox::engine {

/// Loads the CogVideoX 1.0 VAE (diffusers key names) from `<directory>/config.json` and its
/// weights. Videos are cut into chunks of 8 pixel or 2 latent frames; convolutions keep the frames
/// before a chunk. An even count of latent frames gives 4 pixel frames for each. Throws
/// EngineError(kUser) for a bad config or for missing, extra or misshapen tensors, naming the first
/// ones.
std::unique_ptr<VideoVae> load_cogvideox_vae(const std::string& directory, at::ScalarType dtype,
                                             at::Device device);

}  // namespace cox::engine
