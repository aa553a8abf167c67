#include "engine/text/umt5_config.h"

#include <fmt/format.h>

#include "engine/checkpoint/json_config.h"
#include "engine/tensors/error.h"

namespace cox::engine {
namespace {

std::int64_t positive(const JsonConfig& file, const char* key) {
  const std::int64_t value = file.integer(key);
  if (value < 1) {
    throw user_error(
        fmt::format("{}: {}: expected a positive number, got {}", file.path(), key, value),
        "bad_config");
  }
  return value;
}

}  // namespace

Umt5Config read_umt5_config(const std::string& path) {
  const JsonConfig file = JsonConfig::read(path);
  const std::string feed_forward = file.text("feed_forward_proj");
  if (feed_forward != "gated-gelu") {
    throw user_error(
        fmt::format("{}: feed_forward_proj: expected gated-gelu, got {}", path, feed_forward),
        "bad_config");
  }
  Umt5Config config;
  config.vocab_size = positive(file, "vocab_size");
  config.d_model = positive(file, "d_model");
  config.d_kv = positive(file, "d_kv");
  config.d_ff = positive(file, "d_ff");
  config.num_heads = positive(file, "num_heads");
  config.num_layers = positive(file, "num_layers");
  config.relative_attention_num_buckets = positive(file, "relative_attention_num_buckets");
  config.relative_attention_max_distance = positive(file, "relative_attention_max_distance");
  config.layer_norm_epsilon = file.real("layer_norm_epsilon");
  if (!(config.layer_norm_epsilon > 0 && config.layer_norm_epsilon <= 1)) {
    throw user_error(
        fmt::format("{}: layer_norm_epsilon: expected a number above 0 and up to 1, got {}", path,
                    config.layer_norm_epsilon),
        "bad_config");
  }
  // Both directions share the buckets, and half of each side's are exact: see relative_buckets.
  if (config.relative_attention_num_buckets % 4 != 0 ||
      config.relative_attention_max_distance <= config.relative_attention_num_buckets / 4) {
    throw user_error(
        fmt::format("{}: relative_attention_num_buckets must be a multiple of 4, and "
                    "relative_attention_max_distance larger than a quarter of it; got {} and {}",
                    path, config.relative_attention_num_buckets,
                    config.relative_attention_max_distance),
        "bad_config");
  }
  return config;
}

}  // namespace cox::engine
