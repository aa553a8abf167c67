#include "engine/vae/config.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "engine/checkpoint/config_checks.h"
#include "engine/checkpoint/json_config.h"
#include "engine/tensors/error.h"

namespace cox::engine {
namespace {

// The files spell it this way.
constexpr const char* kTemporalKey = "temperal_downsample";
/// The largest magnitude of a latent channel's mean or deviation: far above any trained VAE's, and
/// its inverse is well within fp32.
constexpr double kLargestStatistic = 1e6;

void refuse(const JsonConfig& file, const std::string& problem) {
  throw user_error(fmt::format("{}: {}", file.path(), problem), "bad_config");
}

void require_positive(const JsonConfig& file, const char* key, std::int64_t value) {
  if (value < 1) refuse(file, fmt::format("{}: expected a positive number, got {}", key, value));
}

void refuse_other_layouts(const JsonConfig& file) {
  require_only(file, "_class_name", "AutoencoderKLWan");
  if (file.has("attn_scales") && !file.reals("attn_scales").empty()) {
    refuse(file, "attn_scales: expected an empty list, as in Wan 2.1 and Wan 2.2");
  }
}

void check(const JsonConfig& file, const VaeConfig& config) {
  require_positive(file, "base_dim", config.base_dim);
  require_positive(file, "decoder_base_dim", config.decoder_base_dim);
  require_positive(file, "z_dim", config.z_dim);
  require_positive(file, "in_channels", config.in_channels);
  require_positive(file, "out_channels", config.out_channels);
  require_positive(file, "num_res_blocks", config.num_res_blocks);
  require_positive(file, "patch_size", config.patch);
  if (config.in_channels % (config.patch * config.patch) != 0 ||
      config.out_channels % (config.patch * config.patch) != 0) {
    refuse(file,
           fmt::format(
               "in_channels {} and out_channels {} must be multiples of patch_size squared, {}",
               config.in_channels, config.out_channels, config.patch * config.patch));
  }
  if (config.dim_mult.empty()) refuse(file, "dim_mult: expected at least one level, got none");
  for (const std::int64_t factor : config.dim_mult) require_positive(file, "dim_mult", factor);
  if (config.temporal_downsample.size() + 1 != config.dim_mult.size()) {
    refuse(file,
           fmt::format("{}: expected {} values, one less than dim_mult has, got {}", kTemporalKey,
                       config.dim_mult.size() - 1, config.temporal_downsample.size()));
  }
  for (const auto* values : {&config.latents_mean, &config.latents_std}) {
    if (values->size() != static_cast<std::size_t>(config.z_dim)) {
      refuse(file,
             fmt::format("latents_mean and latents_std: expected z_dim = {} values each, got {}",
                         config.z_dim, values->size()));
    }
  }
  for (const double mean : config.latents_mean) {
    if (std::abs(mean) <= kLargestStatistic) continue;
    refuse(file,
           fmt::format("latents_mean: expected values up to {}, got {}", kLargestStatistic, mean));
  }
  for (const double deviation : config.latents_std) {
    if (deviation >= 1 / kLargestStatistic && deviation <= kLargestStatistic) continue;
    refuse(file, fmt::format("latents_std: expected values from {} to {}, got {}",
                             1 / kLargestStatistic, kLargestStatistic, deviation));
  }
}

}  // namespace

std::int64_t VaeConfig::spatial_scale() const {
  return patch * (std::int64_t{1} << temporal_downsample.size());
}

std::int64_t VaeConfig::temporal_scale() const {
  const auto halvings = std::count(temporal_downsample.begin(), temporal_downsample.end(), true);
  return std::int64_t{1} << halvings;
}

VaeConfig read_vae_config(const std::string& path) {
  return parse_vae_config(JsonConfig::read(path));
}

VaeConfig parse_vae_config(const JsonConfig& file) {
  refuse_other_layouts(file);
  VaeConfig config;
  config.base_dim = file.integer("base_dim");
  config.decoder_base_dim =
      file.has("decoder_base_dim") ? file.integer("decoder_base_dim") : config.base_dim;
  config.z_dim = file.integer("z_dim");
  if (file.has("in_channels")) config.in_channels = file.integer("in_channels");
  if (file.has("out_channels")) config.out_channels = file.integer("out_channels");
  if (file.has("is_residual")) config.residual = file.boolean("is_residual");
  if (file.has("patch_size")) config.patch = file.integer("patch_size");
  config.num_res_blocks = file.integer("num_res_blocks");
  config.dim_mult = file.integers("dim_mult");
  config.temporal_downsample = file.booleans(kTemporalKey);
  config.latents_mean = file.reals("latents_mean");
  config.latents_std = file.reals("latents_std");
  check(file, config);
  return config;
}

}  // namespace cox::engine
