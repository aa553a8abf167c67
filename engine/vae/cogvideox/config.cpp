#include "engine/vae/cogvideox/config.h"

#include <fmt/format.h>

#include "engine/checkpoint/config_checks.h"
#include "engine/vae/level_config.h"

namespace cox::engine {

CogVideoXVaeConfig read_cogvideox_vae_config(const std::string& path) {
  return parse_cogvideox_vae_config(JsonConfig::read(path));
}

CogVideoXVaeConfig parse_cogvideox_vae_config(const JsonConfig& file) {
  require_only(file, "_class_name", "AutoencoderKLCogVideoX");
  require_only(file, "act_fn", "silu");
  require_only(file, "use_quant_conv", false);
  require_only(file, "use_post_quant_conv", false);
  require_only(file, "invert_scale_latents", false);
  require_null(file, "shift_factor");

  CogVideoXVaeConfig config;
  config.in_channels = positive_integer(file, "in_channels");
  config.out_channels = positive_integer(file, "out_channels");
  config.latent_channels = positive_integer(file, "latent_channels");
  config.blocks = positive_integer(file, "layers_per_block");
  config.groups = positive_integer(file, "norm_num_groups");
  config.norm_epsilon = positive_real(file, "norm_eps");
  config.scaling_factor = positive_real(file, "scaling_factor");
  config.channels = read_level_channels(file, config.groups);
  config.temporal_levels = halvings_of(file, "temporal_compression_ratio", config.channels.size());
  return config;
}

}  // namespace cox::engine
