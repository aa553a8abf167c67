#include "engine/vae/level_config.h"

#include <fmt/format.h>

#include <cmath>

#include "engine/checkpoint/config_checks.h"

namespace cox::engine {

namespace {

std::vector<std::int64_t> read_level_channels(const JsonConfig& file, std::int64_t groups) {
  const std::vector<std::int64_t> channels = file.integers("block_out_channels");
  require_config(!channels.empty(), file, "'block_out_channels': expected at least one level");
  for (const std::int64_t count : channels) {
    require_config(count > 0 && count % groups == 0, file,
                   fmt::format("'block_out_channels': expected positive multiples of "
                               "'norm_num_groups' {}, got {}",
                               groups, count));
  }
  return channels;
}

}  // namespace

LevelConfig read_level_config(const JsonConfig& file) {
  LevelConfig config;
  config.in_channels = positive_integer(file, "in_channels");
  config.out_channels = positive_integer(file, "out_channels");
  config.latent_channels = positive_integer(file, "latent_channels");
  config.blocks = positive_integer(file, "layers_per_block");
  config.groups = positive_integer(file, "norm_num_groups");
  config.scaling_factor = positive_real(file, "scaling_factor");
  config.channels = read_level_channels(file, config.groups);
  return config;
}

std::int64_t halvings_of(const JsonConfig& file, const std::string& key, std::size_t levels) {
  const double ratio = positive_real(file, key);
  const double halvings = std::log2(ratio);
  require_config(
      halvings == std::floor(halvings) && halvings >= 0 && halvings < static_cast<double>(levels),
      file,
      fmt::format("'{}': expected a power of two from 1 to {}, got {}", key,
                  std::int64_t{1} << (levels - 1), ratio));
  return static_cast<std::int64_t>(halvings);
}

}  // namespace cox::engine
