#include "engine/backbones/wan/config.h"

#include <fmt/format.h>

#include <vector>

#include "engine/checkpoint/config_checks.h"

namespace cox::engine::wan {
namespace {

constexpr const char* kClass = "WanTransformer3DModel";

void check_architecture(const JsonConfig& json) {
  require_config(json.integers("patch_size") == std::vector<int64_t>{1, kPatch, kPatch}, json,
                 "'patch_size': only [1, 2, 2] is supported");
  require_config(json.boolean("cross_attn_norm"), json,
                 "'cross_attn_norm': only true is supported");
  const std::string norm = json.text("qk_norm");
  require_config(norm == "rms_norm_across_heads", json,
                 fmt::format("'qk_norm': only rms_norm_across_heads is supported, got {}", norm));
  require_config(!json.has("pos_embed_seq_len"), json,
                 "'pos_embed_seq_len': first-and-last-frame models are not supported");
}

}  // namespace

Config Config::from_json(const JsonConfig& json) {
  if (json.has("_class_name")) {
    const std::string name = json.text("_class_name");
    require_config(
        name == kClass, json,
        fmt::format("'_class_name': expected {}, got {}: a model of another family", kClass, name));
  }
  check_architecture(json);
  Config config;
  config.in_channels = positive_integer(json, "in_channels");
  config.out_channels = positive_integer(json, "out_channels");
  config.depth = positive_integer(json, "num_layers");
  config.heads = positive_integer(json, "num_attention_heads");
  config.head_dim = positive_integer(json, "attention_head_dim");
  config.ffn_hidden = positive_integer(json, "ffn_dim");
  config.text_channels = positive_integer(json, "text_dim");
  config.frequency_size = positive_integer(json, "freq_dim");
  config.max_positions = positive_integer(json, "rope_max_seq_len");
  if (json.has("image_dim")) config.image_channels = positive_integer(json, "image_dim");
  config.eps = json.real("eps");

  require_config(config.eps > 0 && config.eps < 1, json,
                 fmt::format("'eps': expected a number above 0 and below 1, got {}", config.eps));
  require_config(config.condition_channels() >= 0, json,
                 fmt::format("'in_channels' {} must not be below 'out_channels' {}",
                             config.in_channels, config.out_channels));
  require_config(config.head_dim % 2 == 0 && config.head_dim >= 6, json,
                 fmt::format("'attention_head_dim': expected an even number of at least 6, got {}",
                             config.head_dim));
  require_config(config.frequency_size % 2 == 0, json, "'freq_dim' must be even");
  const int64_t added = json.has("added_kv_proj_dim") ? json.integer("added_kv_proj_dim") : 0;
  require_config(
      added == (config.sees_image() ? config.hidden() : 0), json,
      fmt::format("'added_kv_proj_dim': expected {} (the model's width if 'image_dim' is set, "
                  "otherwise null), got {}",
                  config.sees_image() ? config.hidden() : 0, added));
  return config;
}

}  // namespace cox::engine::wan
