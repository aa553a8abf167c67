#pragma once

#include "engine/backbones/adapter.h"
#include "engine/backbones/site_source.h"

namespace cox::engine {

/// A linear layer with its seam.
at::Tensor run_linear(const Adapter& adapter, const Linear& layer, const at::Tensor& x);
/// The same in fp32: timestep embedding to modulation.
at::Tensor run_linear_fp32(const Adapter& adapter, const Linear& layer, const at::Tensor& x);

/// A stored normalization parameter with its seam.
at::Tensor run_norm_parameter(const Adapter& adapter, const NormWeight& weight);

/// The output of a block with its seam, which sees the tokens of the latents only. x is
/// [B, text tokens + N, D]; nothing is copied where the adapter changes nothing.
at::Tensor run_block_output(const Adapter& adapter, int block, const at::Tensor& x,
                            int64_t text_tokens);

}  // namespace cox::engine
