#pragma once

#include <c10/core/Device.h>

#include <vector>

#include "tools/check/comparison.h"

namespace cox::engine {

/// The channels, maximum and hidden states of STAS on `device` against the CPU's, which must be
/// equal to the bit, beside text tokens and without.
std::vector<Comparison> check_steering(c10::Device device);

}  // namespace cox::engine
