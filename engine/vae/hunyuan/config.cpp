#include "engine/vae/hunyuan/config.h"

#include "engine/checkpoint/config_checks.h"

namespace cox::engine {

std::vector<std::int64_t> HunyuanVaeConfig::factors(std::size_t level) const {
  const auto i = static_cast<std::int64_t>(level);
  const auto last = static_cast<std::int64_t>(channels.size()) - 1;
  const std::int64_t space = i < spatial_halvings ? 2 : 1;
  const std::int64_t time = i >= last - temporal_halvings && i < last ? 2 : 1;
  return {time, space, space};
}

HunyuanVaeConfig read_hunyuan_vae_config(const std::string& path) {
  return parse_hunyuan_vae_config(JsonConfig::read(path));
}

HunyuanVaeConfig parse_hunyuan_vae_config(const JsonConfig& file) {
  require_only(file, "_class_name", "AutoencoderKLHunyuanVideo");
  require_only(file, "act_fn", "silu");
  HunyuanVaeConfig config{read_level_config(file)};
  config.spatial_halvings = halvings_of(file, "spatial_compression_ratio", config.channels.size());
  config.temporal_halvings =
      halvings_of(file, "temporal_compression_ratio", config.channels.size());
  if (file.has("mid_block_add_attention")) {
    config.attends = file.boolean("mid_block_add_attention");
  }
  // Other ratios use another layout.
  require_only(file, "temporal_compression_ratio", 4.0);
  return config;
}

}  // namespace cox::engine
