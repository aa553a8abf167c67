#pragma once

#include <memory>
#include <string>

#include "engine/vae/video_vae.h"

namespace cox::engine {

/// Loads the HunyuanVideo VAE (diffusers key names), which Open-Sora v2.0 uses, from
/// `<directory>/config.json` and its weights. A video is processed in one piece, so memory grows
/// with its length. Throws EngineError(kUser) for a bad config or for missing, extra or misshapen
/// tensors, naming the first ones.
std::unique_ptr<VideoVae> load_hunyuan_vae(const std::string& directory, at::ScalarType dtype,
                                           at::Device device);

}  // namespace cox::engine
