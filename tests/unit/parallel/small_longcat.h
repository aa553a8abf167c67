#pragma once

#include <ATen/ops/equal.h>
#include <ATen/ops/linalg_vector_norm.h>

#include <fmt/format.h>
#include <catch2/catch.hpp>

#include "engine/families/registry.h"
#include "engine/tensors/random.h"
#include "parts.h"
#include "tests/support/torch_catch.h"

/// A small LongCat transformer and its inputs, equal in every part.
namespace cox::engine::test {

/// Of a latent frame of 8 x 8 there are 16 tokens.
inline std::string config(int64_t heads) {
  constexpr int64_t kHeadSize = 8;
  return fmt::format(R"({{"in_channels": 4,
  "out_channels": 4, "hidden_size": {}, "depth": 2, "num_heads": {},
  "caption_channels": 12, "mlp_ratio": 4, "adaln_tembed_dim": 16, "frequency_embedding_size": 16,
  "patch_size": [1, 2, 2], "text_tokens_zero_pad": true}})",
                     heads * kHeadSize, heads);
}

/// How many heads a model has, and how many parts divide it: evenly, and not.
struct Division {
  int64_t heads;
  int parts;
};
inline constexpr int64_t kHeads = 8, kOddHeads = 3;
inline constexpr Division kDivisions[] = {{kHeads, 1},    {kHeads, 2},    {kHeads, 4},
                                          {kHeads, 8},    {kOddHeads, 2}, {kOddHeads, 3},
                                          {kOddHeads, 5}, {kOddHeads, 8}};

/// fp32, summed in another order.
inline constexpr double kTolerance = 2e-6, kTrainedTolerance = 2e-4;

inline std::unique_ptr<Backbone> model(int64_t heads = kHeads) {
  return random_backbone({"longcat-video", at::kCPU, Precision::kFp32},
                         JsonConfig::parse(config(heads), "test"), 7);
}

inline at::Tensor draw(at::IntArrayRef shape, uint64_t number) {
  return RandomStream({1, 0, "parts", Purpose::kInit, number}).normal(shape);
}

inline TextStates text(int64_t batch = 1) {
  at::Tensor mask = at::ones({batch, 5}, at::kLong);
  mask.narrow(1, 3, 2).zero_();
  return {draw({batch, 1, 5, 12}, 9), mask};
}

inline BackboneInput input(int64_t clean) {
  BackboneInput input;
  input.latents = draw({1, 4, 3, 8, 8}, 1);
  input.timestep = at::full({1, 3}, 640, at::kFloat);
  input.timestep.narrow(1, 0, clean).zero_();
  input.text = text();
  input.condition_latent_frames = clean;
  return input;
}

inline double distance(const at::Tensor& a, const at::Tensor& b) {
  return (at::linalg_vector_norm(a - b) / at::linalg_vector_norm(b)).item<double>();
}

/// Every part returns the same bits, near those of the whole model.
inline void check_equal(const std::vector<at::Tensor>& parts, const at::Tensor& whole,
                        double tolerance) {
  for (const at::Tensor& part : parts) {
    CHECK(at::equal(part, parts.front()));
    CHECK(distance(part, whole) <= tolerance);
  }
}

}  // namespace cox::engine::test
