#include "engine/text/clip_text_config.h"

#include <fmt/format.h>

#include "engine/checkpoint/config_checks.h"
#include "engine/checkpoint/stored_shape.h"
#include "engine/tensors/error.h"

namespace cox::engine {

namespace {

constexpr std::int64_t kHead = 64;

}  // namespace

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

ClipTextConfig clip_text_config_of(const Checkpoint& file) {
  const auto embedding = [&](const char* name) {
    return stored_shape(file, fmt::format("text_model.embeddings.{}_embedding.weight", name), 2);
  };
  const auto layer = [](std::int64_t number) {
    return fmt::format("text_model.encoder.layers.{}.mlp.fc1.weight", number);
  };
  ClipTextConfig config;
  config.vocab_size = embedding("token")[0];
  config.hidden = embedding("token")[1];
  config.max_positions = embedding("position")[0];
  config.ffn_hidden = stored_shape(file, layer(0), 2)[0];
  config.layers = count_stored(file, layer);
  config.heads = config.hidden / kHead;
  config.norm_epsilon = 1e-5;
  if (config.heads * kHead != config.hidden || config.heads < 1 || config.max_positions < 2) {
    throw user_error(fmt::format(
        "{}: expected a text tower with a multiple of {} features and at least 2 positions, got {} "
        "features and {} positions",
        file.path(), kHead, config.hidden, config.max_positions));
  }
  return config;
}

}  // namespace cox::engine
