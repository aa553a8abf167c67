#pragma once

#include <string>

#include "engine/checkpoint/json_config.h"

namespace cox::engine {

/// transformer/config.json of the published CogVideoX models.
inline JsonConfig cogvideox_config(const std::string& model) {
  const bool large = model != "2b", image = model == "5b-i2v";
  const std::string heads = large ? "48" : "30", layers = large ? "42" : "30";
  return JsonConfig::parse(
      R"({"_class_name": "CogVideoXTransformer3DModel", "num_attention_heads": )" + heads +
          R"(, "attention_head_dim": 64, "in_channels": )" + (image ? "32" : "16") +
          R"(, "out_channels": 16, "time_embed_dim": 512, "text_embed_dim": 4096, "num_layers": )" +
          layers +
          R"(, "attention_bias": true, "sample_width": 90, "sample_height": 60,
               "sample_frames": 49, "patch_size": 2, "temporal_compression_ratio": 4,
               "max_text_seq_length": 226, "activation_fn": "gelu-approximate",
               "timestep_activation_fn": "silu", "norm_elementwise_affine": true,
               "norm_eps": 1e-05, "spatial_interpolation_scale": 1.875,
               "temporal_interpolation_scale": 1.0, "flip_sin_to_cos": true, "freq_shift": 0,
               "use_rotary_positional_embeddings": )" +
          (large ? "true" : "false") + R"(, "use_learned_positional_embeddings": )" +
          (image ? "true" : "false") + "}",
      "cogvideox-" + model);
}

/// The published MMDiT of Open-Sora v2.0.
inline JsonConfig open_sora_config() {
  return JsonConfig::parse(
      R"({"in_channels": 64, "vec_in_dim": 768, "context_in_dim": 4096, "hidden_size": 3072,
          "mlp_ratio": 4.0, "num_heads": 24, "depth": 19, "depth_single_blocks": 38,
          "axes_dim": [16, 56, 56], "theta": 10000, "qkv_bias": true, "guidance_embed": false,
          "cond_embed": true, "fused_qkv": false, "use_liger_rope": true, "patch_size": 2})",
      "open-sora-2.0");
}

}  // namespace cox::engine
