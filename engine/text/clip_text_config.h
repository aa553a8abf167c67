#pragma once

#include <cstdint>
#include <string>

#include "engine/checkpoint/safetensors.h"

namespace cox::engine {

/// config.json of a CLIP text encoder, on its own or as `text_config` of a whole CLIP. Every size
/// of the network follows from it.
struct ClipTextConfig {
  std::int64_t vocab_size = 0;
  std::int64_t hidden = 0;         ///< hidden_size, also that of the pooled text
  std::int64_t ffn_hidden = 0;     ///< intermediate_size
  std::int64_t layers = 0;         ///< num_hidden_layers
  std::int64_t heads = 0;          ///< num_attention_heads
  std::int64_t max_positions = 0;  ///< max_position_embeddings
  std::int64_t end_token = 0;      ///< eos_token_id
  double norm_epsilon = 0;         ///< layer_norm_eps
};

/// Reads and checks the file. Throws EngineError(kUser) that names file and key for a missing or
/// contradictory entry.
ClipTextConfig read_clip_text_config(const std::string& path);

/// Derives the configuration from the shapes of `text_model.*` in a file without a config.json.
/// Assumes 64 features per head and an epsilon of 1e-5 in norms, as in all published models. The
/// end token does not follow from shapes and is left at 0. Throws EngineError(kUser) that names the
/// file for sizes that do not fit together.
ClipTextConfig clip_text_config_of(const Checkpoint& file);

}  // namespace cox::engine
