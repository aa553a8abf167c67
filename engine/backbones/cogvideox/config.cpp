#include "engine/backbones/cogvideox/config.h"

#include <fmt/format.h>

#include "engine/checkpoint/config_checks.h"

namespace cox::engine::cogvideox {
namespace {

/// Rejects features of CogVideoX 1.5 and other successors of 1.0.
void refuse_other_layouts(const JsonConfig& json) {
  for (const char* key : {"patch_size_t", "ofs_embed_dim"}) {
    require_config(!json.has(key), json,
                   fmt::format("'{}': expected null, as CogVideoX 1.0 has it; CogVideoX 1.5 is "
                               "not supported",
                               key));
  }
  require_config(
      json.integer("patch_size") == kPatch, json,
      fmt::format("'patch_size': expected {}, got {}", kPatch, json.integer("patch_size")));
  require_only(json, "activation_fn", "gelu-approximate");
  require_only(json, "timestep_activation_fn", "silu");
  require_only(json, "norm_elementwise_affine", true);
  require_only(json, "flip_sin_to_cos", true);
  require_only(json, "patch_bias", true);
  require_only(json, "freq_shift", 0.0);
}

Positions read_positions(const JsonConfig& json) {
  const bool rotary = json.boolean("use_rotary_positional_embeddings");
  const bool learned = json.has("use_learned_positional_embeddings") &&
                       json.boolean("use_learned_positional_embeddings");
  require_config(rotary || !learned, json,
                 "'use_learned_positional_embeddings': expected false without "
                 "'use_rotary_positional_embeddings', got true");
  if (!rotary) return Positions::kFixedTable;
  return learned ? Positions::kRotaryAndLearned : Positions::kRotary;
}

}  // namespace

Config Config::from_json(const JsonConfig& json) {
  require_only(json, "_class_name", "CogVideoXTransformer3DModel");
  refuse_other_layouts(json);
  Config config;
  config.in_channels = positive_integer(json, "in_channels");
  config.out_channels = positive_integer(json, "out_channels");
  config.heads = positive_integer(json, "num_attention_heads");
  config.head_dim = positive_integer(json, "attention_head_dim");
  config.depth = positive_integer(json, "num_layers");
  config.time_embedding = positive_integer(json, "time_embed_dim");
  config.text_channels = positive_integer(json, "text_embed_dim");
  config.text_tokens = positive_integer(json, "max_text_seq_length");
  config.sample_rows = positive_integer(json, "sample_height");
  config.sample_columns = positive_integer(json, "sample_width");
  config.sample_frames = positive_integer(json, "sample_frames");
  config.temporal_ratio = positive_integer(json, "temporal_compression_ratio");
  config.spatial_scale = positive_real(json, "spatial_interpolation_scale");
  config.temporal_scale = positive_real(json, "temporal_interpolation_scale");
  config.norm_epsilon = positive_real(json, "norm_eps");
  config.attention_bias = !json.has("attention_bias") || json.boolean("attention_bias");
  config.positions = read_positions(json);

  require_config(config.in_channels >= config.out_channels, json,
                 fmt::format("'in_channels': expected at least 'out_channels' {}, got {}",
                             config.out_channels, config.in_channels));
  // Quarters and eighths of them must consist of whole sine and cosine pairs.
  const bool fixed = config.positions == Positions::kFixedTable;
  const int64_t placed = fixed ? config.hidden() : config.head_dim;
  require_config(placed % 16 == 0, json,
                 fmt::format("{}: expected a multiple of 16, got {}",
                             fixed ? "'num_attention_heads' times 'attention_head_dim'"
                                   : "'attention_head_dim'",
                             placed));
  return config;
}

}  // namespace cox::engine::cogvideox
