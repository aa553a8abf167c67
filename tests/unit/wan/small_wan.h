#pragma once

#include "engine/backbones/wan/factory.h"
#include "engine/tensors/random.h"
#include "tests/support/torch_catch.h"

/// A random Wan transformer small enough for a unit test, and inputs for it.
namespace cox::engine {

inline const char* const kSmall = R"({
  "_class_name": "WanTransformer3DModel", "patch_size": [1, 2, 2], "num_attention_heads": 2,
  "attention_head_dim": 12, "in_channels": 4, "out_channels": 4, "text_dim": 10, "freq_dim": 8,
  "ffn_dim": 40, "num_layers": 3, "cross_attn_norm": true, "qk_norm": "rms_norm_across_heads",
  "eps": 1e-6, "image_dim": null, "added_kv_proj_dim": null, "rope_max_seq_len": 32,
  "pos_embed_seq_len": null})";

inline JsonConfig small_config() { return JsonConfig::parse(kSmall, "small"); }

inline std::unique_ptr<Backbone> small_wan() {
  return wan::transformers().random(small_config(), 7, {});
}

inline at::Tensor drawn(at::IntArrayRef shape, uint64_t number) {
  return RandomStream({1, 0, "small", Purpose::kInit, number}).normal(shape);
}

inline BackboneInput small_input() {
  BackboneInput input;
  input.latents = drawn({1, 4, 3, 4, 6}, 1);
  input.timestep = at::full({1, 1}, 640, at::kFloat);
  input.text.states = drawn({1, 1, 5, 10}, 2);
  return input;
}

}  // namespace cox::engine
