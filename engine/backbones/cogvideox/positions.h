#pragma once

#include <ATen/core/Tensor.h>

#include "engine/backbones/cogvideox/config.h"
#include "engine/nn/rope.h"

namespace cox::engine::cogvideox {

/// The fixed table [tokens, hidden] in fp32 on the CPU: a quarter of the columns tells the frame,
/// three eighths the column, three eighths the row, each first all sines, then all cosines.
at::Tensor fixed_table(const Config& config, const TokenGrid& grid);

/// Unit complex numbers [tokens, head_dim / 2] on the CPU: a quarter of the pairs turn with the
/// frame, three eighths with the row, three eighths with the column. Rows and columns lie where a
/// picture of this shape, fitted to the size trained at, would have them.
at::Tensor rotary_table(const Config& config, const TokenGrid& grid);

}  // namespace cox::engine::cogvideox
