#pragma once

#include <c10/core/Device.h>

#include <vector>

#include "tools/check/comparison.h"
#include "tools/check/model_check.h"

namespace cox::engine {

/// Several devices that do a job together against the first of them by itself, on one random model,
/// in fp32 and in bf16: forward pass and gradient, three steps of training a residual and, if
/// asked, every parameter, and a short continuation with and without guidance and the condition's
/// cache. All parts must give the same bits.
std::vector<Comparison> check_parts(const std::vector<c10::Device>& devices,
                                    const ModelSizes& sizes, bool trains_every_parameter);

/// The forward pass and the gradient of any model likewise.
std::vector<Comparison> check_answers_of_parts(const std::vector<c10::Device>& devices,
                                               const CheckedModel& model);

}  // namespace cox::engine
