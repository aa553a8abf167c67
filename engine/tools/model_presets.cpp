#include "engine/tools/model_presets.h"

namespace cox::engine {
namespace {

// Small enough for a laptop's processor: 29 frames of 96x160 in seconds.
constexpr ModelPreset kTiny = {
    "tiny",
    R"({
  "in_channels": 16,
  "out_channels": 16,
  "hidden_size": 128,
  "depth": 4,
  "num_heads": 4,
  "caption_channels": 64,
  "mlp_ratio": 4,
  "adaln_tembed_dim": 64,
  "frequency_embedding_size": 128,
  "patch_size": [1, 2, 2],
  "text_tokens_zero_pad": true
}
)",
    R"({
  "_class_name": "AutoencoderKLWan",
  "base_dim": 16,
  "z_dim": 16,
  "dim_mult": [1, 2, 4, 4],
  "num_res_blocks": 1,
  "attn_scales": [],
  "temperal_downsample": [false, true, true],
  "latents_mean": [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0],
  "latents_std": [0.5, 0.5, 0.5, 0.5, 0.5, 0.5, 0.5, 0.5, 0.5, 0.5, 0.5, 0.5, 0.5, 0.5, 0.5, 0.5]
}
)",
    R"({
  "model_type": "umt5",
  "vocab_size": 512,
  "d_model": 64,
  "d_kv": 16,
  "d_ff": 128,
  "num_heads": 4,
  "num_layers": 2,
  "relative_attention_num_buckets": 32,
  "relative_attention_max_distance": 128,
  "layer_norm_epsilon": 1e-06,
  "feed_forward_proj": "gated-gelu"
}
)",
    R"({
  "tokenizer_class": "T5Tokenizer",
  "model_max_length": 32
}
)",
    R"({
  "_class_name": "FlowMatchEulerDiscreteScheduler",
  "num_train_timesteps": 1000,
  "shift": 12.0,
  "use_dynamic_shifting": false
}
)",
};

// What `cox-engine train` starts from for the model that the repository ships.
constexpr ModelPreset kSmall = {
    "small",
    R"({
  "in_channels": 16,
  "out_channels": 16,
  "hidden_size": 192,
  "depth": 10,
  "num_heads": 3,
  "caption_channels": 64,
  "mlp_ratio": 4,
  "adaln_tembed_dim": 64,
  "frequency_embedding_size": 128,
  "patch_size": [1, 2, 2],
  "text_tokens_zero_pad": true
}
)",
    R"({
  "_class_name": "AutoencoderKLWan",
  "base_dim": 16,
  "z_dim": 16,
  "dim_mult": [1, 2, 4, 4],
  "num_res_blocks": 2,
  "attn_scales": [],
  "temperal_downsample": [false, true, true],
  "latents_mean": [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0],
  "latents_std": [1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1]
}
)",
    kTiny.text_encoder,
    R"({
  "tokenizer_class": "T5Tokenizer",
  "model_max_length": 64
}
)",
    R"({
  "_class_name": "FlowMatchEulerDiscreteScheduler",
  "num_train_timesteps": 1000,
  "shift": 3.0,
  "use_dynamic_shifting": false
}
)",
};

}  // namespace

const std::vector<ModelPreset>& model_presets() {
  static const std::vector<ModelPreset> presets = {kTiny, kSmall};
  return presets;
}

}  // namespace cox::engine
