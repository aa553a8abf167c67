#pragma once

#include <c10/core/Device.h>

#include <vector>

#include "tools/check/comparison.h"
#include "tools/check/random_model.h"

namespace cox::engine {

constexpr double kGuidance = 4, kNoGuidance = 1;

/// A short continuation, of latents that are equal on every device.
at::Tensor sample(const Backbone& model, const ModelSizes& sizes, bool cached, double guidance);

/// A short continuation on `device`. Unguided, keys and values of the condition from the cache must
/// give the same as recomputing them, in fp32 and in bf16. Guided, the two differ by definition
/// (without the cache the condition enters the guidance's scale), so each is compared with the CPU.
std::vector<Comparison> check_sampling(c10::Device device, const ModelSizes& sizes);

}  // namespace cox::engine
