#pragma once

#include <c10/core/Device.h>

#include <vector>

#include "tools/check/comparison.h"

namespace cox::engine {

/// Rounding to e4m3 on `device` against the CPU's, which must be equal to the bit; products against
/// the CPU's, and against themselves; and a transformer in e4m3 against the CPU's. The device must
/// have products in e4m3.
std::vector<Comparison> check_fp8(c10::Device device);

}  // namespace cox::engine
