#pragma once

#include "engine/backbones/adapter.h"
#include "engine/backbones/weight_scope.h"

namespace cox::engine {

/// Applies a linear layer with its seam in fp32: timestep embedding to modulation.
at::Tensor adapted_linear_fp32(const Adapter& adapter, const Linear& layer, const at::Tensor& x);

/// Applies the seam of a block's output to the latent tokens of x [B, text tokens + N, D]. Copies
/// nothing if the adapter returns its input.
at::Tensor run_block_output(const Adapter& adapter, int block, const at::Tensor& x,
                            int64_t text_tokens);

}  // namespace cox::engine
