#include "engine/backbones/longcat/config.h"

#include <fmt/format.h>

#include <vector>

#include "engine/checkpoint/config_checks.h"

namespace cox::engine::longcat {
namespace {

int64_t swiglu_hidden(int64_t mlp_hidden) {
  constexpr int64_t kMultiple = 256;
  return (2 * mlp_hidden / 3 + kMultiple - 1) / kMultiple * kMultiple;
}

}  // namespace

Config Config::from_json(const JsonConfig& json) {
  Config config;
  config.channels = positive_integer(json, "in_channels");
  config.hidden = positive_integer(json, "hidden_size");
  config.depth = positive_integer(json, "depth");
  config.heads = positive_integer(json, "num_heads");
  config.text_channels = positive_integer(json, "caption_channels");
  config.ffn_hidden = swiglu_hidden(config.hidden * positive_integer(json, "mlp_ratio"));
  config.time_embedding = positive_integer(json, "adaln_tembed_dim");
  config.frequency_size = positive_integer(json, "frequency_embedding_size");
  config.zero_pad_text = json.boolean("text_tokens_zero_pad");

  const int64_t out_channels = json.integer("out_channels");
  require_config(
      out_channels == config.channels, json,
      fmt::format("'out_channels' {} must equal 'in_channels' {}", out_channels, config.channels));
  require_config(json.integers("patch_size") == std::vector<int64_t>{1, kPatch, kPatch}, json,
                 "'patch_size': only [1, 2, 2] is supported");
  require_config(
      config.hidden % config.heads == 0 && config.head_dim() % 8 == 0, json,
      fmt::format("'hidden_size' {} over 'num_heads' {}: the head size must be a multiple of 8",
                  config.hidden, config.heads));
  require_config(config.frequency_size % 2 == 0, json, "'frequency_embedding_size' must be even");
  require_config(!json.has("enable_bsa") || !json.boolean("enable_bsa"), json,
                 "'enable_bsa': block-sparse attention is not supported; set it to false");
  return config;
}

}  // namespace cox::engine::longcat
