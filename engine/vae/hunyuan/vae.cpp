#include "engine/vae/hunyuan/vae.h"

#include "engine/vae/hunyuan/networks.h"

namespace cox::engine {

std::unique_ptr<VideoVae> load_hunyuan_vae(const std::string& directory, at::ScalarType dtype,
                                           at::Device device) {
  return load_scaled_vae<hunyuan_vae::Networks>(read_hunyuan_vae_config(directory + "/config.json"),
                                                directory, "Hunyuan VAE", dtype, device);
}

}  // namespace cox::engine
