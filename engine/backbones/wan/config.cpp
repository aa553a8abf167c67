#include "engine/backbones/wan/config.h"

#include <fmt/format.h>

#include <vector>

#include "engine/tensors/error.h"

namespace cox::engine::wan {
namespace {

constexpr const char* kClass = "WanTransformer3DModel";

void require(bool condition, const JsonConfig& json, const std::string& what) {
  if (!condition) throw user_error(fmt::format("{}: {}", json.path(), what), "bad_config");
}

int64_t positive(const JsonConfig& json, const std::string& key) {
  const int64_t value = json.integer(key);
  require(value > 0, json, fmt::format("'{}': expected a positive number, got {}", key, value));
  return value;
}

void check_architecture(const JsonConfig& json) {
  require(json.integers("patch_size") == std::vector<int64_t>{1, kPatch, kPatch}, json,
          "'patch_size': only [1, 2, 2] is supported");
  require(json.boolean("cross_attn_norm"), json, "'cross_attn_norm': only true is supported");
  const std::string norm = json.text("qk_norm");
  require(norm == "rms_norm_across_heads", json,
          fmt::format("'qk_norm': only rms_norm_across_heads is supported, got {}", norm));
  require(!json.has("pos_embed_seq_len"), json,
          "'pos_embed_seq_len': first-and-last-frame models are not supported");
}

}  // namespace

Config Config::from_json(const JsonConfig& json) {
  if (json.has("_class_name")) {
    const std::string name = json.text("_class_name");
    require(
        name == kClass, json,
        fmt::format("'_class_name': expected {}, got {}: a model of another family", kClass, name));
  }
  check_architecture(json);
  Config config;
  config.in_channels = positive(json, "in_channels");
  config.out_channels = positive(json, "out_channels");
  config.depth = positive(json, "num_layers");
  config.heads = positive(json, "num_attention_heads");
  config.head_dim = positive(json, "attention_head_dim");
  config.ffn_hidden = positive(json, "ffn_dim");
  config.text_channels = positive(json, "text_dim");
  config.frequency_size = positive(json, "freq_dim");
  config.max_positions = positive(json, "rope_max_seq_len");
  if (json.has("image_dim")) config.image_channels = positive(json, "image_dim");
  config.eps = json.real("eps");

  require(config.eps > 0 && config.eps < 1, json,
          fmt::format("'eps': expected a number above 0 and below 1, got {}", config.eps));
  require(config.condition_channels() >= 0, json,
          fmt::format("'in_channels' {} must not be below 'out_channels' {}", config.in_channels,
                      config.out_channels));
  require(
      config.head_dim % 2 == 0 && config.head_dim >= 6, json,
      fmt::format("'attention_head_dim': expected an even number from 6, got {}", config.head_dim));
  require(config.frequency_size % 2 == 0, json, "'freq_dim' must be even");
  const int64_t added = json.has("added_kv_proj_dim") ? json.integer("added_kv_proj_dim") : 0;
  require(
      added == (config.sees_image() ? config.hidden() : 0), json,
      fmt::format("'added_kv_proj_dim': expected {}, the model's width where 'image_dim' is set "
                  "and null elsewhere, got {}",
                  config.sees_image() ? config.hidden() : 0, added));
  return config;
}

}  // namespace cox::engine::wan
