#pragma once

#include "engine/backbones/adapter.h"
#include "engine/backbones/weight_scope.h"

namespace cox::engine {

/// A linear layer with its seam, in fp32: timestep embedding to modulation.
at::Tensor adapted_linear_fp32(const Adapter& adapter, const Linear& layer, const at::Tensor& x);

/// The output of a block with its seam, which sees the tokens of the latents only. x is
/// [B, text tokens + N, D]; nothing is copied where the adapter changes nothing.
at::Tensor run_block_output(const Adapter& adapter, int block, const at::Tensor& x,
                            int64_t text_tokens);

}  // namespace cox::engine
