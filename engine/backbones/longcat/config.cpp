#include "engine/backbones/longcat/config.h"

#include <fmt/format.h>

#include "engine/tensors/error.h"

namespace cox::engine::longcat {
namespace {

void require(bool condition, const JsonConfig& json, const std::string& what) {
  if (!condition) throw user_error(fmt::format("{}: {}", json.path(), what), "bad_config");
}

int64_t positive(const JsonConfig& json, const std::string& key) {
  const int64_t value = json.integer(key);
  require(value > 0, json, fmt::format("'{}': expected a positive number, got {}", key, value));
  return value;
}

int64_t swiglu_hidden(int64_t mlp_hidden) {
  constexpr int64_t kMultiple = 256;
  return (2 * mlp_hidden / 3 + kMultiple - 1) / kMultiple * kMultiple;
}

}  // namespace

Config Config::from_json(const JsonConfig& json) {
  Config config;
  config.channels = positive(json, "in_channels");
  config.hidden = positive(json, "hidden_size");
  config.depth = positive(json, "depth");
  config.heads = positive(json, "num_heads");
  config.text_channels = positive(json, "caption_channels");
  config.ffn_hidden = swiglu_hidden(config.hidden * positive(json, "mlp_ratio"));
  config.time_embedding = positive(json, "adaln_tembed_dim");
  config.frequency_size = positive(json, "frequency_embedding_size");
  config.zero_pad_text = json.boolean("text_tokens_zero_pad");

  const int64_t out_channels = json.integer("out_channels");
  require(
      out_channels == config.channels, json,
      fmt::format("'out_channels' {} must equal 'in_channels' {}", out_channels, config.channels));
  require(json.integers("patch_size") == std::vector<int64_t>{1, kPatch, kPatch}, json,
          "'patch_size': only [1, 2, 2] is supported");
  require(config.hidden % config.heads == 0 && config.head_dim() % 8 == 0, json,
          fmt::format("'hidden_size' {} over 'num_heads' {}: the head size must be a multiple of 8",
                      config.hidden, config.heads));
  require(config.frequency_size % 2 == 0, json, "'frequency_embedding_size' must be even");
  require(!json.has("enable_bsa") || !json.boolean("enable_bsa"), json,
          "'enable_bsa': block-sparse attention is not supported; set it to false");
  return config;
}

}  // namespace cox::engine::longcat
