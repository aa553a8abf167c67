#pragma once

#include <cstdint>
#include <string>

namespace cox::engine {

/// text_encoder/config.json of a UMT5 encoder. Every size of the network follows from it.
struct Umt5Config {
  std::int64_t vocab_size = 0;
  std::int64_t d_model = 0;  ///< width of the states; the backbone's caption channels
  std::int64_t d_kv = 0;     ///< width of one head
  std::int64_t d_ff = 0;
  std::int64_t num_heads = 0;
  std::int64_t num_layers = 0;
  std::int64_t relative_attention_num_buckets = 0;
  std::int64_t relative_attention_max_distance = 0;
  double layer_norm_epsilon = 0;
};

/// Reads and checks the file. Throws EngineError(kUser) that names file and key for a missing or
/// contradictory entry, or a feed-forward kind other than `gated-gelu`.
Umt5Config read_umt5_config(const std::string& path);

}  // namespace cox::engine
