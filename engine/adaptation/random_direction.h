#pragma once

#include <ATen/core/Tensor.h>

#include <functional>

#include "engine/adaptation/method.h"

namespace cox::engine {

/// Runs `generate` while every trained tensor stands as far from its start, by the L2 norm, as it
/// was adapted to, but in a direction drawn for it. A gain over the pretrained model that remains
/// does not come from what was learned. A tensor that was not adapted stays. Afterwards the adapted
/// values are back, bit for bit, also when `generate` throws.
at::Tensor in_random_direction(Adaptation& adaptation, const VideoRandom& random,
                               const std::function<at::Tensor()>& generate);

}  // namespace cox::engine
