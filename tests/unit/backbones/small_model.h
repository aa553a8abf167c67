#pragma once

#include "engine/families/registry.h"
#include "engine/tensors/random.h"
#include "tests/support/torch_catch.h"

/// A random LongCat-layout transformer small enough for a unit test, and inputs for it.
namespace cox::engine {

inline const char* const kSmallConfig = R"({
  "in_channels": 4, "out_channels": 4, "hidden_size": 32, "depth": 3, "num_heads": 2,
  "caption_channels": 12, "mlp_ratio": 4, "adaln_tembed_dim": 16, "frequency_embedding_size": 16,
  "patch_size": [1, 2, 2], "text_tokens_zero_pad": true})";

inline std::unique_ptr<Backbone> small_model(Precision precision = Precision::kFp32) {
  return random_backbone({"longcat-video", at::kCPU, precision},
                         JsonConfig::parse(kSmallConfig, "small"), 7);
}

inline at::Tensor draw(at::IntArrayRef shape, uint64_t number) {
  return RandomStream({1, 0, "small", Purpose::kInit, number}).normal(shape);
}

inline TextStates small_text(int64_t batch = 1, uint64_t number = 9) {
  at::Tensor mask = at::ones({batch, 5}, at::kLong);
  mask.narrow(1, 3, 2).zero_();
  return {draw({batch, 1, 5, 12}, number), mask};
}

/// `clean` of four latent frames are conditioning.
inline BackboneInput small_input(int64_t clean) {
  BackboneInput input;
  input.latents = draw({1, 4, 4, 4, 6}, 1);
  input.timestep = at::full({1, 4}, 640, at::kFloat);
  input.timestep.narrow(1, 0, clean).zero_();
  input.text = small_text();
  input.condition_latent_frames = clean;
  return input;
}

}  // namespace cox::engine
