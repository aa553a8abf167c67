#pragma once

#include <c10/core/Device.h>

#include <functional>
#include <vector>

#include "tools/check/comparison.h"
#include "tools/check/random_model.h"

namespace cox::engine {

/// What is compared: the output and the gradient of its mean square on a residual that is added to
/// the time embedding. The same on every part of the model's group.
struct ModelAnswer {
  at::Tensor output, gradient;
};

/// A random transformer and a question to it, both equal on every device.
struct CheckedModel {
  std::string name;
  const RandomTransformer& transformer;
  std::function<ModelAnswer(const Backbone& model)> answer;
};

/// Asks for the gradient on a residual of `channels` values, of the frames from `first` on.
ModelAnswer answer_with_gradient(const Backbone& model, const BackboneInput& input,
                                 int64_t channels, int64_t first);

/// Asks a LongCat-Video of these sizes, with clean and noisy frames.
ModelAnswer answer(const Backbone& model, const ModelSizes& sizes);

/// bf16 and fp32 on `device` against fp32 on the CPU, and, under deterministic algorithms, bf16
/// against itself, which must be equal to the bit.
std::vector<Comparison> check_answers(c10::Device device, const CheckedModel& model);

/// All blocks of a LongCat-Video in a row.
std::vector<Comparison> check_model(c10::Device device, const ModelSizes& sizes);

}  // namespace cox::engine
