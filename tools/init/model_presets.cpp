#include "tools/init/model_presets.h"

#include <fmt/format.h>

#include "base/text.h"
#include "engine/backbones/registry.h"

namespace cox::engine {
namespace {

std::string dit_config(int hidden, int depth, int heads) {
  return fmt::format(R"({{
  "in_channels": 16,
  "out_channels": 16,
  "hidden_size": {},
  "depth": {},
  "num_heads": {},
  "caption_channels": 64,
  "mlp_ratio": 4,
  "adaln_tembed_dim": 64,
  "frequency_embedding_size": 128,
  "patch_size": [1, 2, 2],
  "text_tokens_zero_pad": true
}}
)",
                     hidden, depth, heads);
}

/// `deviation` is the standard deviation of every latent channel, until a trainer measures them.
std::string vae_config(int residual_blocks, const std::string& deviation) {
  constexpr int kChannels = 16;
  return fmt::format(R"({{
  "_class_name": "AutoencoderKLWan",
  "base_dim": 16,
  "z_dim": {},
  "dim_mult": [1, 2, 4, 4],
  "num_res_blocks": {},
  "attn_scales": [],
  "temperal_downsample": [false, true, true],
  "latents_mean": [{}],
  "latents_std": [{}]
}}
)",
                     kChannels, residual_blocks,
                     join(std::vector<std::string>(kChannels, "0"), ", "),
                     join(std::vector<std::string>(kChannels, deviation), ", "));
}

constexpr const char* kTextEncoder = R"({
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
)";

std::string tokenizer_config(int max_length) {
  return fmt::format(R"({{
  "tokenizer_class": "T5Tokenizer",
  "model_max_length": {}
}}
)",
                     max_length);
}

std::string scheduler_config(const std::string& shift) {
  return fmt::format(R"({{
  "_class_name": "FlowMatchEulerDiscreteScheduler",
  "num_train_timesteps": 1000,
  "shift": {},
  "use_dynamic_shifting": false
}}
)",
                     shift);
}

}  // namespace

const std::vector<ModelPreset>& model_presets() {
  static const std::vector<ModelPreset> presets = {
      // Small enough for a laptop's processor: 29 frames of 96x160 in seconds.
      {"tiny", dit_config(/*hidden=*/128, /*depth=*/4, /*heads=*/4),
       vae_config(/*residual_blocks=*/1, "0.5"), kTextEncoder, tokenizer_config(32),
       scheduler_config("12.0")},
      // What `cox-engine train` starts from for the model that the repository ships.
      {"small", dit_config(/*hidden=*/192, /*depth=*/10, /*heads=*/3),
       vae_config(/*residual_blocks=*/2, "1"), kTextEncoder, tokenizer_config(64),
       scheduler_config("3.0")},
      // The published size, to measure at: 38 GB in bf16.
      {"longcat-video", published_config("longcat-video").dump(),
       published_config("longcat-video", "vae").dump(),
       published_config("longcat-video", "text_encoder").dump(), tokenizer_config(512),
       scheduler_config("12.0")}};
  return presets;
}

}  // namespace cox::engine
