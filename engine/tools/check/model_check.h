#pragma once

#include <c10/core/Device.h>

#include <cstdint>
#include <string>
#include <vector>

#include "engine/tools/check/comparison.h"

namespace cox::engine {

/// A random transformer and its question.
struct ModelSizes {
  std::string name;
  int64_t hidden, heads, depth, time_embedding;
  int64_t side;  ///< latent pixels
};

ModelSizes small_model_sizes();
/// Blocks of the published LongCat-Video, few of them, over few tokens: the CPU computes it too.
ModelSizes published_model_sizes();

/// Forward pass and the gradient of a residual on the time embedding, all blocks in a row, with
/// clean and noisy frames: bf16 and fp32 on `device` against fp32 on the CPU, and, under
/// deterministic algorithms, bf16 against itself, which must be equal to the bit.
std::vector<Comparison> check_model(c10::Device device, const ModelSizes& sizes);

}  // namespace cox::engine
