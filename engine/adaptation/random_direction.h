#pragma once

#include <ATen/core/Tensor.h>

#include <functional>

#include "engine/adaptation/method.h"

namespace cox::engine {

/// Runs `generate` while every trained tensor is moved from its start by its adapted L2 distance,
/// but in a random direction. A gain over the pretrained model that remains does not come from
/// learning. Tensors that were not adapted do not move. Restores the adapted values bit for bit,
/// also if `generate` throws.
at::Tensor in_random_direction(Adaptation& adaptation, const VideoRandom& random,
                               const std::function<at::Tensor()>& generate);

}  // namespace cox::engine
