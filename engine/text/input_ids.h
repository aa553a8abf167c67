#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>

namespace cox::engine {

/// Throws std::invalid_argument unless `input_ids` is [B, L], not empty, all in [0, vocabulary).
void check_ids(const at::Tensor& input_ids, std::int64_t vocabulary);

}  // namespace cox::engine
