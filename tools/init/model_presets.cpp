#include "tools/init/model_presets.h"

#include <fmt/format.h>

#include "base/text.h"
#include "engine/backbones/published.h"
#include "engine/backbones/registry.h"

namespace cox::engine {
namespace {

constexpr int kSmallTimeEmbedding = 64;

std::string dit_config(int hidden, int depth, int heads, int time_embedding = kSmallTimeEmbedding) {
  return fmt::format(R"({{
  "in_channels": 16,
  "out_channels": 16,
  "hidden_size": {},
  "depth": {},
  "num_heads": {},
  "caption_channels": 64,
  "mlp_ratio": 4,
  "adaln_tembed_dim": {},
  "frequency_embedding_size": 128,
  "patch_size": [1, 2, 2],
  "text_tokens_zero_pad": true
}}
)",
                     hidden, depth, heads, time_embedding);
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

/// `channels` is the number of latent channels.
std::string wan_config(int channels) {
  return fmt::format(R"({{
  "_class_name": "WanTransformer3DModel",
  "patch_size": [1, 2, 2],
  "num_attention_heads": 4,
  "attention_head_dim": 24,
  "in_channels": {0},
  "out_channels": {0},
  "text_dim": 64,
  "freq_dim": 256,
  "ffn_dim": 384,
  "num_layers": 4,
  "cross_attn_norm": true,
  "qk_norm": "rms_norm_across_heads",
  "eps": 1e-06,
  "image_dim": null,
  "added_kv_proj_dim": null,
  "rope_max_seq_len": 1024,
  "pos_embed_seq_len": null
}}
)",
                     channels);
}

constexpr const char* kResidualVae = R"({
  "_class_name": "AutoencoderKLWan",
  "base_dim": 8,
  "decoder_base_dim": 12,
  "z_dim": 8,
  "dim_mult": [1, 2, 4, 4],
  "num_res_blocks": 1,
  "attn_scales": [],
  "temperal_downsample": [false, true, true],
  "is_residual": true,
  "in_channels": 12,
  "out_channels": 12,
  "patch_size": 2,
  "latents_mean": [0, 0, 0, 0, 0, 0, 0, 0],
  "latents_std": [0.5, 0.5, 0.5, 0.5, 0.5, 0.5, 0.5, 0.5]
}
)";

constexpr const char* kWanPipeline = "WanPipeline";

/// Wan2.2 TI2V has a timestep for each latent frame.
std::string wan_index(const std::string& pipeline, bool expands_timesteps) {
  return fmt::format("{{\"_class_name\": \"{}\", \"expand_timesteps\": {}}}\n", pipeline,
                     expands_timesteps);
}

ModelPreset published_wan(const std::string& name, const std::string& pipeline) {
  const auto part = [&](const char* which) { return published_part(name, which).dump(); };
  const std::string family = published_model(name).text("family");
  return {name,
          part("transformer"),
          part("vae"),
          part("text_encoder"),
          tokenizer_config(512),
          part("scheduler"),
          family,
          wan_index(pipeline, family == "wan2.2")};
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
      // As many blocks and as long a time embedding as the published model, otherwise small: for
      // methods that split them.
      {"deep", dit_config(/*hidden=*/64, /*depth=*/48, /*heads=*/1, /*time_embedding=*/512),
       vae_config(/*residual_blocks=*/1, "0.5"), kTextEncoder, tokenizer_config(32),
       scheduler_config("12.0")},
      // The published size, to measure at: 38 GB in bf16.
      {"longcat-video", published_config("longcat-video").dump(),
       published_config("longcat-video", "vae").dump(),
       published_config("longcat-video", "text_encoder").dump(), tokenizer_config(512),
       scheduler_config("12.0")},
      // The other families, small and at their published sizes. Image-to-video has no image encoder
      // among its files yet: its states are given.
      {"wan2.1-tiny", wan_config(16), vae_config(/*residual_blocks=*/1, "0.5"), kTextEncoder,
       tokenizer_config(32), published_part("wan2.1-t2v-1.3b", "scheduler").dump(), "wan2.1",
       wan_index(kWanPipeline, false)},
      {"wan2.2-tiny", wan_config(8), kResidualVae, kTextEncoder, tokenizer_config(32),
       published_part("wan2.2-ti2v-5b", "scheduler").dump(), "wan2.2",
       wan_index(kWanPipeline, true)},
      published_wan("wan2.1-t2v-1.3b", kWanPipeline),
      published_wan("wan2.1-t2v-14b", kWanPipeline),
      published_wan("wan2.1-i2v-14b", "WanImageToVideoPipeline"),
      published_wan("wan2.2-ti2v-5b", kWanPipeline)};
  return presets;
}

}  // namespace cox::engine
