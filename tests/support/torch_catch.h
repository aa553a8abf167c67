#pragma once

/// Catch2 for tests that see tensors: include this in place of <catch2/catch.hpp>. LibTorch's
/// logging header defines a CHECK of its own, which aborts; the order here lets Catch2's win.

#include "engine/tensors/torch.h"
#undef CHECK
#include <catch2/catch.hpp>

namespace cox::engine {

/// |got - expected| / |expected|, over all values; the shapes must be equal.
double relative_error(const at::Tensor& got, const at::Tensor& expected);

}  // namespace cox::engine
