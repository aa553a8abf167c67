#pragma once

#include "tests/unit/parallel/whole_model.h"

/// A small LongCat transformer and its inputs, equal in every part.
namespace cox::engine::test {

/// Of a latent frame of 8 x 8 there are 16 tokens.
inline JsonConfig config(int64_t heads) {
  constexpr int64_t kHeadSize = 8;
  return JsonConfig::parse(kSmallConfig, "test")
      .with_override("depth", "2")
      .with_override("hidden_size", std::to_string(heads * kHeadSize))
      .with_override("num_heads", std::to_string(heads));
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

inline std::unique_ptr<Backbone> model(int64_t heads = kHeads,
                                       Precision precision = Precision::kFp32) {
  return random_backbone({"longcat-video", at::kCPU, precision}, config(heads), 7);
}

inline BackboneInput input(int64_t clean) {
  BackboneInput input = small_input(clean);
  input.latents = draw({1, 4, 3, 8, 8}, 1);
  input.timestep = input.timestep.narrow(1, 0, 3);
  return input;
}

}  // namespace cox::engine::test
