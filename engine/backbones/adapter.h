#pragma once

#include <ATen/core/Tensor.h>

#include <string>

#include "engine/nn/linear.h"
#include "engine/nn/rope.h"
#include "engine/parallel/token_split.h"

namespace cox::engine {

/// What a normalization parameter belongs to. Methods choose parameters by it, never by name.
enum class NormKind {
  kQueryKey,              ///< the gain of queries or keys, self- or cross-attention
  kBeforeCrossAttention,  ///< gain or bias of the norm of tokens before cross-attention
  kModulated,             ///< gain or bias of a norm whose output the timestep modulates
};

/// Which normalization parameter a tensor is.
struct NormSite {
  NormKind kind = NormKind::kQueryKey;
  std::string key;  ///< checkpoint key
};

/// Where an evaluation stands in sampling.
struct SamplingStep {
  int64_t index = -1;       ///< from 0; -1 = not sampling
  int64_t count = 0;        ///< evaluations of the whole sample
  int64_t prompt_row = -1;  ///< the row of the batch with the positive prompt; -1 = none of them
};

/// What one forward pass sees.
struct PassContext {
  TokenGrid grid;           ///< of the latent tokens, in (frame, row, column) order
  int64_t first_frame = 0;  ///< of the grid, in the whole video: others are in a condition cache
  SamplingStep sampling;
  TokenSplit split = {};  ///< which of the latent tokens block_output() and final_hidden() get
};

/// The seams of a backbone: the values that a method may change inside a forward pass. Every
/// default returns its last argument unchanged. Training, early-stop checks, the conditioning
/// prefill and every guidance branch of sampling use the same object, so they cannot disagree.
/// docs/adr/0005 says why.
///
/// Shapes: B batch, T latent frames, N tokens, D hidden size, E timestep-embedding size.
class Adapter {
 public:
  virtual ~Adapter() = default;

  /// Returns true if it compares the rows of a batch, so all branches of guidance must be in one
  /// batch.
  virtual bool compares_rows() const { return false; }
  /// Called at the start of each forward pass, not of the conditioning prefill.
  virtual void begin_pass(const PassContext& /*pass*/) const {}

  /// t [B, T, E] fp32: once a forward pass, before blocks and final layer see it.
  virtual at::Tensor time_embedding(at::Tensor t) const { return t; }
  /// t [B, T, E] fp32: as block `block` receives it.
  virtual at::Tensor block_time_embedding(int /*block*/, at::Tensor t) const { return t; }
  /// t [B, T, E] fp32: as the final layer receives it.
  virtual at::Tensor final_time_embedding(at::Tensor t) const { return t; }
  /// m [B, T, 6D] fp32: shift_msa, scale_msa, gate_msa, shift_mlp, scale_mlp, gate_mlp; or the
  /// parts that Backbone::modulations() lists.
  virtual at::Tensor block_modulation(int /*block*/, at::Tensor m) const { return m; }
  /// m of the text stream, in blocks whose text and latents have separate modulation layers.
  virtual at::Tensor text_modulation(int /*block*/, at::Tensor m) const { return m; }
  /// h [B, N, D] compute dtype: the output of a block. Without autograd it may be changed in place.
  virtual at::Tensor block_output(int /*block*/, at::Tensor h) const { return h; }
  /// h [B, N, D] compute dtype: before the final layer.
  virtual at::Tensor final_hidden(at::Tensor h) const { return h; }
  /// W x + b of a layer of a block, except modulation, in compute dtype: before linear(). Replaces
  /// the multiplication; methods do not use it.
  virtual at::Tensor product(const Linear& layer, const at::Tensor& x) const {
    return cox::engine::linear(layer, x);
  }
  /// y [..., out] = W x + b for x [..., in], both in compute dtype (kModulation: both fp32). Called
  /// for the layers of Backbone::linear_sites().
  virtual at::Tensor linear(const LinearSite& /*site*/, const at::Tensor& /*x*/,
                            at::Tensor y) const {
    return y;
  }
  /// Returns true if product() and linear() do not change the layer's W x + b, so that a step that
  /// needs only a function of it may skip both. An adapter that overrides either overrides this.
  virtual bool leaves_product(const LinearSite& /*site*/) const { return true; }
  /// Returns the parameter to use instead of the stored one. Called for the sites of
  /// Backbone::norm_sites().
  virtual at::Tensor norm_parameter(const NormSite& /*site*/, at::Tensor stored) const {
    return stored;
  }
  /// v [B, C, T, H, W] fp32: the raw output, which approximates x0 - noise.
  virtual at::Tensor output(at::Tensor v) const { return v; }
};

}  // namespace cox::engine
