#pragma once

#include "engine/backbones/adapter.h"
#include "engine/backbones/weight_scope.h"
#include "engine/tensors/recompute.h"

namespace cox::engine {

/// Applies a linear layer with its seam in fp32: timestep embedding to modulation.
at::Tensor adapted_linear_fp32(const Adapter& adapter, const Linear& layer, const at::Tensor& x);

/// Applies the seam of a block's output to the latent tokens of x [B, text tokens + N, D]. Copies
/// nothing if the adapter returns its input.
at::Tensor run_block_output(const Adapter& adapter, int block, const at::Tensor& x,
                            int64_t text_tokens);

/// Runs a block of a joint sequence, without keeping its activations if `recompute`.
template <typename Block, typename Pass>
at::Tensor run_block(const Block& block, const at::Tensor& x, const at::Tensor& t, const Pass& pass,
                     bool recompute) {
  if (!recompute) return block.forward(x, t, pass);
  return recompute_in_backward(
      [&block, pass](const std::vector<at::Tensor>& in) {
        return block.forward(in.at(0), in.at(1), pass);
      },
      {x, t});
}

}  // namespace cox::engine
