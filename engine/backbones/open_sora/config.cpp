#include "engine/backbones/open_sora/config.h"

#include <fmt/format.h>

#include <numeric>

#include "engine/checkpoint/config_checks.h"

namespace cox::engine::open_sora {
namespace {

constexpr size_t kAxes = 3;

std::vector<int64_t> read_axes(const JsonConfig& json, int64_t head_dim) {
  const std::vector<int64_t> axes = json.integers("axes_dim");
  require_config(axes.size() == kAxes, json,
                 fmt::format("'axes_dim': expected {} numbers, for frame, row and column, got {}",
                             kAxes, axes.size()));
  for (const int64_t features : axes) {
    require_config(features > 0 && features % 2 == 0, json,
                   fmt::format("'axes_dim': expected positive even numbers, got {}", features));
  }
  const int64_t sum = std::accumulate(axes.begin(), axes.end(), int64_t{0});
  require_config(
      sum == head_dim, json,
      fmt::format("'axes_dim': expected a sum of 'hidden_size' over 'num_heads' = {}, got {}",
                  head_dim, sum));
  return axes;
}

}  // namespace

Config Config::from_json(const JsonConfig& json) {
  require_only(json, "_class_name", "MMDiTModel");
  Config config;
  config.in_channels = positive_integer(json, "in_channels");
  config.pooled_channels = positive_integer(json, "vec_in_dim");
  config.text_channels = positive_integer(json, "context_in_dim");
  config.hidden = positive_integer(json, "hidden_size");
  config.heads = positive_integer(json, "num_heads");
  config.double_blocks = positive_integer(json, "depth");
  config.single_blocks = positive_integer(json, "depth_single_blocks");
  config.patch = positive_integer(json, "patch_size");
  config.theta = positive_real(json, "theta");
  config.qkv_bias = json.boolean("qkv_bias");
  config.guidance_embed = json.boolean("guidance_embed");
  config.fused_qkv = json.boolean("fused_qkv");
  config.rotates_halves = json.boolean("use_liger_rope");

  require_config(config.hidden % config.heads == 0, json,
                 fmt::format("'hidden_size' {} must be a multiple of 'num_heads' {}", config.hidden,
                             config.heads));
  config.axes = read_axes(json, config.head_dim());
  config.ffn_hidden =
      static_cast<int64_t>(static_cast<double>(config.hidden) * positive_real(json, "mlp_ratio"));
  require_config(config.in_channels % (config.patch * config.patch) == 0, json,
                 fmt::format("'in_channels' {} must be a multiple of 'patch_size' squared {}",
                             config.in_channels, config.patch * config.patch));
  require_config(json.boolean("cond_embed"), json,
                 "'cond_embed': expected true, as in Open-Sora v2.0, got false");
  return config;
}

}  // namespace cox::engine::open_sora
