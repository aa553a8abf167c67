#include "engine/vae/cogvideox/config.h"

#include "engine/checkpoint/config_checks.h"

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

  CogVideoXVaeConfig config{read_level_config(file)};
  config.norm_epsilon = positive_real(file, "norm_eps");
  config.temporal_levels = halvings_of(file, "temporal_compression_ratio", config.channels.size());
  return config;
}

}  // namespace cox::engine
