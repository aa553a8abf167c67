#include "engine/vae/cogvideox/vae.h"

#include "engine/vae/cogvideox/networks.h"

namespace cox::engine {

std::unique_ptr<VideoVae> load_cogvideox_vae(const std::string& directory, at::ScalarType dtype,
                                             at::Device device) {
  return load_scaled_vae<cogvideox_vae::Networks>(
      read_cogvideox_vae_config(directory + "/config.json"), directory, "CogVideoX VAE", dtype,
      device);
}

}  // namespace cox::engine
