#include "engine/text/clip_text_config.h"

#include <fmt/format.h>

#include "engine/checkpoint/config_checks.h"

namespace cox::engine {

ClipTextConfig read_clip_text_config(const std::string& path) {
  const JsonConfig whole = JsonConfig::read(path);
  const JsonConfig file = whole.has("text_config") ? whole.object("text_config") : whole;
  require_only(file, "hidden_act", "quick_gelu");
  ClipTextConfig config;
  config.vocab_size = positive_integer(file, "vocab_size");
  config.hidden = positive_integer(file, "hidden_size");
  config.ffn_hidden = positive_integer(file, "intermediate_size");
  config.layers = positive_integer(file, "num_hidden_layers");
  config.heads = positive_integer(file, "num_attention_heads");
  config.max_positions = positive_integer(file, "max_position_embeddings");
  config.end_token = file.integer("eos_token_id");
  config.norm_epsilon = positive_real(file, "layer_norm_eps");
  require_config(config.hidden % config.heads == 0, file,
                 fmt::format("'hidden_size' {} must be a multiple of 'num_attention_heads' {}",
                             config.hidden, config.heads));
  return config;
}

}  // namespace cox::engine
