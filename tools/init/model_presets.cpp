#include "tools/init/model_presets.h"

#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "base/text.h"
#include "engine/backbones/published.h"

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

struct WanSizes {
  int channels = 0;  ///< of latents
  int heads = 4;
  int head_dim = 24;
  int ffn = 384;
  int depth = 4;
  int seen_channels = 0;   ///< of the mask and the latents of known frames
  int image_channels = 0;  ///< of the image encoder; 0 = none
};

std::string number_or_null(int number) { return number > 0 ? std::to_string(number) : "null"; }

std::string wan_config(const WanSizes& sizes) {
  return fmt::format(R"({{
  "_class_name": "WanTransformer3DModel",
  "patch_size": [1, 2, 2],
  "num_attention_heads": {1},
  "attention_head_dim": {2},
  "in_channels": {5},
  "out_channels": {0},
  "text_dim": 64,
  "freq_dim": 256,
  "ffn_dim": {3},
  "num_layers": {4},
  "cross_attn_norm": true,
  "qk_norm": "rms_norm_across_heads",
  "eps": 1e-06,
  "image_dim": {6},
  "added_kv_proj_dim": {7},
  "rope_max_seq_len": 1024,
  "pos_embed_seq_len": null
}}
)",
                     sizes.channels, sizes.heads, sizes.head_dim, sizes.ffn, sizes.depth,
                     sizes.channels + sizes.seen_channels, number_or_null(sizes.image_channels),
                     number_or_null(sizes.image_channels > 0 ? sizes.heads * sizes.head_dim : 0));
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

/// `channels` is that of the condition's and the noisy latents together.
std::string cogvideox_config(int channels, bool learned_positions) {
  return fmt::format(R"({{
  "_class_name": "CogVideoXTransformer3DModel",
  "activation_fn": "gelu-approximate",
  "attention_bias": true,
  "attention_head_dim": 16,
  "flip_sin_to_cos": true,
  "freq_shift": 0,
  "in_channels": {0},
  "max_text_seq_length": 32,
  "norm_elementwise_affine": true,
  "norm_eps": 1e-05,
  "num_attention_heads": 4,
  "num_layers": 4,
  "out_channels": 8,
  "patch_size": 2,
  "sample_frames": 17,
  "sample_height": 6,
  "sample_width": 10,
  "spatial_interpolation_scale": 1.875,
  "temporal_compression_ratio": 4,
  "temporal_interpolation_scale": 1.0,
  "text_embed_dim": 64,
  "time_embed_dim": 64,
  "timestep_activation_fn": "silu",
  "use_learned_positional_embeddings": {1},
  "use_rotary_positional_embeddings": true
}}
)",
                     channels, learned_positions);
}

constexpr const char* kCogVideoXVae = R"({
  "_class_name": "AutoencoderKLCogVideoX",
  "act_fn": "silu",
  "block_out_channels": [8, 16, 16, 16],
  "in_channels": 3,
  "latent_channels": 8,
  "layers_per_block": 1,
  "norm_eps": 1e-06,
  "norm_num_groups": 4,
  "out_channels": 3,
  "scaling_factor": 0.7,
  "shift_factor": null,
  "temporal_compression_ratio": 4,
  "use_post_quant_conv": false,
  "use_quant_conv": false
}
)";

constexpr const char* kOpenSora = R"({
  "in_channels": 32,
  "vec_in_dim": 32,
  "context_in_dim": 64,
  "hidden_size": 96,
  "mlp_ratio": 4.0,
  "num_heads": 4,
  "depth": 2,
  "depth_single_blocks": 3,
  "axes_dim": [8, 8, 8],
  "theta": 10000,
  "qkv_bias": true,
  "guidance_embed": false,
  "cond_embed": true,
  "fused_qkv": false,
  "use_liger_rope": true,
  "patch_size": 2
}
)";

constexpr const char* kHunyuanVae = R"({
  "_class_name": "AutoencoderKLHunyuanVideo",
  "act_fn": "silu",
  "block_out_channels": [8, 16, 16, 16],
  "in_channels": 3,
  "latent_channels": 8,
  "layers_per_block": 1,
  "mid_block_add_attention": true,
  "norm_num_groups": 4,
  "out_channels": 3,
  "scaling_factor": 0.476986,
  "spatial_compression_ratio": 8,
  "temporal_compression_ratio": 4
}
)";

constexpr const char* kClipImage = R"({
  "architectures": ["CLIPVisionModel"],
  "model_type": "clip_vision_model",
  "hidden_act": "gelu",
  "hidden_size": 32,
  "image_size": 56,
  "intermediate_size": 64,
  "layer_norm_eps": 1e-05,
  "num_attention_heads": 2,
  "num_hidden_layers": 3,
  "patch_size": 14
}
)";

constexpr const char* kClipText = R"({
  "model_type": "clip_text_model",
  "eos_token_id": 2,
  "hidden_act": "quick_gelu",
  "hidden_size": 32,
  "intermediate_size": 64,
  "layer_norm_eps": 1e-05,
  "max_position_embeddings": 77,
  "num_attention_heads": 4,
  "num_hidden_layers": 2,
  "vocab_size": 514
}
)";

/// T5's text encoder has UMT5's sizes.
std::string t5_config() {
  std::string config = kTextEncoder;
  config.replace(config.find("umt5"), std::string("umt5").size(), "t5");
  return config;
}

constexpr const char* kTransformerConfig = "transformer/config.json";
constexpr const char* kDitConfig = "dit/config.json";
constexpr const char* kVaeConfig = "vae/config.json";
constexpr const char* kTextConfig = "text_encoder/config.json";
constexpr const char* kTokenizerConfig = "tokenizer/tokenizer_config.json";
constexpr const char* kSchedulerConfig = "scheduler/scheduler_config.json";
constexpr const char* kIndex = "model_index.json";

constexpr const char* kLongCatIndex = "{\"model_name\": \"LongCat-Video\"}\n";

ModelPreset longcat_preset(const std::string& name, const std::string& dit, const std::string& vae,
                           int text_tokens, const std::string& shift) {
  return {name,
          "longcat-video",
          {{kDitConfig, dit},
           {kVaeConfig, vae},
           {kTextConfig, kTextEncoder},
           {kTokenizerConfig, tokenizer_config(text_tokens)},
           {kSchedulerConfig, scheduler_config(shift)},
           {kIndex, kLongCatIndex}}};
}

ModelPreset tiny_wan(const std::string& family, int channels, const std::string& vae,
                     const std::string& published) {
  return {family + "-tiny",
          family,
          {{kTransformerConfig, wan_config({.channels = channels})},
           {kVaeConfig, vae},
           {kTextConfig, kTextEncoder},
           {kTokenizerConfig, tokenizer_config(32)},
           {kSchedulerConfig, published_part(published, "scheduler").dump()},
           {kIndex, wan_index(kWanPipeline, family == "wan2.2")}}};
}

ModelPreset tiny_wan_i2v() {
  ModelPreset preset =
      tiny_wan("wan2.1", 16, vae_config(/*residual_blocks=*/1, "0.5"), "wan2.1-i2v-14b");
  preset.name = "wan2.1-i2v-tiny";
  preset.files[kTransformerConfig] =
      wan_config({.channels = 16, .seen_channels = 4 + 16, .image_channels = 32});
  preset.files["image_encoder/config.json"] = kClipImage;
  preset.files[kIndex] = wan_index("WanImageToVideoPipeline", /*expands_timesteps=*/false);
  return preset;
}

/// What `cox-engine train` starts from: Wan2.2's transformer and timesteps with Wan2.1's VAE, whose
/// weights another small model can lend.
ModelPreset small_wan() {
  const std::string family = "wan2.2";
  nlohmann::ordered_json scheduler =
      nlohmann::ordered_json::parse(published_part("wan2.2-ti2v-5b", "scheduler").dump());
  scheduler["flow_shift"] = 3.0;
  return {"small-wan",
          family,
          {{kTransformerConfig,
            wan_config({.channels = 16, .heads = 3, .head_dim = 64, .ffn = 768, .depth = 10})},
           {kVaeConfig, vae_config(/*residual_blocks=*/2, "1")},
           {kTextConfig, kTextEncoder},
           {kTokenizerConfig, tokenizer_config(64)},
           {kSchedulerConfig, scheduler.dump(2) + "\n"},
           {kIndex, wan_index(kWanPipeline, /*expands_timesteps=*/true)}}};
}

ModelPreset tiny_cogvideox(const std::string& name, bool sees_image) {
  return {name,
          "cogvideox",
          {{kTransformerConfig, cogvideox_config(sees_image ? 16 : 8, sees_image)},
           {kVaeConfig, kCogVideoXVae},
           {kTextConfig, t5_config()},
           {kTokenizerConfig, tokenizer_config(32)},
           {kSchedulerConfig, published_part("cogvideox-5b", "scheduler").dump()},
           {kIndex, sees_image ? "{\"_class_name\": \"CogVideoXImageToVideoPipeline\"}\n"
                               : "{\"_class_name\": \"CogVideoXPipeline\"}\n"}}};
}

ModelPreset tiny_open_sora() {
  ModelPreset preset{"open-sora-tiny",
                     "open-sora",
                     {{kTransformerConfig, kOpenSora},
                      {kVaeConfig, kHunyuanVae},
                      {kTextConfig, t5_config()},
                      {"text_encoder_2/config.json", kClipText},
                      {kTokenizerConfig, tokenizer_config(512)}}};
  preset.clip = true;
  return preset;
}

/// A published model at its published size, to measure at.
ModelPreset published_preset(const std::string& name) {
  const JsonConfig model = published_model(name);
  ModelPreset preset{name, model.text("family"), {}};
  const auto add = [&](const std::string& part, const std::string& file) {
    if (has_published_part(name, part)) {
      preset.files[part + "/" + file] = published_part(name, part).dump();
    }
  };
  for (const char* part :
       {"dit", "transformer", "vae", "text_encoder", "text_encoder_2", "image_encoder"}) {
    add(part, "config.json");
  }
  add("scheduler", "scheduler_config.json");
  preset.files[kTokenizerConfig] = tokenizer_config(static_cast<int>(model.integer("text_tokens")));
  preset.clip = preset.files.count("text_encoder_2/config.json") != 0;
  if (preset.family == "longcat-video") preset.files[kIndex] = kLongCatIndex;
  if (name == "wan2.1-i2v-14b") {
    preset.files[kIndex] = wan_index("WanImageToVideoPipeline", false);
  } else if (starts_with(name, "wan")) {
    preset.files[kIndex] = wan_index(kWanPipeline, preset.family == "wan2.2");
  }
  return preset;
}

std::vector<ModelPreset> all_presets() {
  std::vector<ModelPreset> presets = {
      // Small enough for a laptop's CPU: 29 frames of 96x160 in seconds.
      longcat_preset("tiny", dit_config(/*hidden=*/128, /*depth=*/4, /*heads=*/4),
                     vae_config(/*residual_blocks=*/1, "0.5"), 32, "12.0"),
      // The start of `cox-engine train` for the model in the repository.
      longcat_preset("small", dit_config(/*hidden=*/192, /*depth=*/10, /*heads=*/3),
                     vae_config(/*residual_blocks=*/2, "1"), 64, "3.0"),
      small_wan(),
      // The published model's number of blocks and size of the time embedding, otherwise small: for
      // methods that split them.
      longcat_preset("deep",
                     dit_config(/*hidden=*/64, /*depth=*/48, /*heads=*/1, /*time_embedding=*/512),
                     vae_config(/*residual_blocks=*/1, "0.5"), 32, "12.0"),
      // Small models of the other families.
      tiny_wan("wan2.1", 16, vae_config(/*residual_blocks=*/1, "0.5"), "wan2.1-t2v-1.3b"),
      tiny_wan("wan2.2", 8, kResidualVae, "wan2.2-ti2v-5b"), tiny_wan_i2v(),
      tiny_cogvideox("cogvideox-tiny", /*sees_image=*/false),
      tiny_cogvideox("cogvideox-i2v-tiny", /*sees_image=*/true), tiny_open_sora()};
  for (const std::string& name : published_models()) presets.push_back(published_preset(name));
  return presets;
}

}  // namespace

const std::vector<ModelPreset>& model_presets() {
  static const std::vector<ModelPreset> presets = all_presets();
  return presets;
}

}  // namespace cox::engine
