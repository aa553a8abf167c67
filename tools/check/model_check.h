#pragma once

#include <c10/core/Device.h>

#include <vector>

#include "tools/check/comparison.h"
#include "tools/check/random_model.h"

namespace cox::engine {

/// The output's noisy frames and the gradient of their mean square by a residual on the time
/// embedding. The same on every part of the model's group.
struct ModelAnswer {
  at::Tensor output, gradient;
};

ModelAnswer answer(const Backbone& model, const ModelSizes& sizes);

/// Forward pass and the gradient of a residual on the time embedding, all blocks in a row, with
/// clean and noisy frames: bf16 and fp32 on `device` against fp32 on the CPU, and, under
/// deterministic algorithms, bf16 against itself, which must be equal to the bit.
std::vector<Comparison> check_model(c10::Device device, const ModelSizes& sizes);

}  // namespace cox::engine
