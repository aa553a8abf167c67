#pragma once

#include <ATen/core/Tensor.h>

#include "engine/backbones/cogvideox/config.h"
#include "engine/nn/rope.h"

namespace cox::engine::cogvideox {

/// The fixed table [tokens, hidden] in fp32 on the CPU: a quarter of the columns encodes the frame,
/// three eighths the column, three eighths the row, each with all sines before all cosines.
at::Tensor fixed_table(const Config& config, const TokenGrid& grid);

/// Unit complex numbers [tokens, head_dim / 2] on the CPU: a quarter of the pairs rotate with the
/// frame, three eighths with the row, three eighths with the column. Row and column positions are
/// those of the grid scaled to fit the training size.
at::Tensor rotary_table(const Config& config, const TokenGrid& grid);

}  // namespace cox::engine::cogvideox
