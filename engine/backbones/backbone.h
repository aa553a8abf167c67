#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "engine/backbones/adapter.h"
#include "engine/nn/linear.h"
#include "engine/nn/text_states.h"

namespace cox::engine {

class Group;

/// Keys and values of the conditioning latents, computed once by Backbone::prefill.
struct ConditionCache {
  std::vector<at::Tensor> keys;    ///< per block [1, heads, tokens, head_dim], before RoPE
  std::vector<at::Tensor> values;  ///< per block [1, heads, tokens, head_dim]
  int64_t latent_frames = 0;
};

/// What all evaluations of one text share, computed once by Backbone::prepare_text. Empty if the
/// backbone shares nothing.
struct TextCache {
  std::vector<at::Tensor> keys;    ///< per block [B, heads, L, head_dim]
  std::vector<at::Tensor> values;  ///< per block [B, heads, L, head_dim]
  at::Tensor key_mask;             ///< [B, L] bool; undefined if every token is attended to
};

struct BackboneInput {
  at::Tensor latents;   ///< [B, C, T, H, W]; H and W even
  at::Tensor timestep;  ///< [B, T] or [B, 1] in the family's units; 0 on clean frames
  TextStates text;      ///< the mask is undefined if the family attends to every row
  /// Additional inputs of some families; undefined for other families.
  at::Tensor channel_condition;  ///< [B, C', T, H, W], joined to the latents on channels
  at::Tensor image_states;       ///< [B, K, C] of an image encoder
  at::Tensor embedded_guidance;  ///< [B]
  /// The first frames are clean conditioning: they attend to themselves only and get no cross
  /// attention. Must be 0 if `cache` is set: `latents` then holds only the noise frames.
  int64_t condition_latent_frames = 0;
  const ConditionCache* cache = nullptr;
  /// Computed from `text` with the same adapter; for sampling, without gradients. The adapter's
  /// text functions are called when it is computed, not in each pass.
  const TextCache* text_cache = nullptr;
  SamplingStep sampling = {};
};

/// Sizes that methods and the engine need.
struct BackboneShape {
  int64_t blocks = 0;
  int64_t hidden = 0;
  int64_t time_embedding = 0;
  int64_t latent_channels = 0;
  int64_t head = 0;  ///< size of an attention head; 0 without heads
  /// Values of the compute dtype that one block keeps for the backward pass, for each token and
  /// hidden unit; and where linear layers train, also their inputs that are not kept otherwise. By
  /// default LongCat-Video's: inputs of three norms 3, qkv 3, queries and keys after their norm 2,
  /// attention 1, two gated branches 2, cross-attention 3, gate and up of the feed-forward layer
  /// 5.4; and after three norms 3, the feed-forward product 2.7.
  double kept_values = 19.4;
  double kept_linear_inputs = 5.7;
  int64_t joined_text_tokens = 0;  ///< that pass through the blocks with the latents' tokens
};

struct NamedTensor {
  std::string name;  ///< checkpoint key
  at::Tensor tensor;
};

/// One linear layer that methods may adapt.
struct LinearSiteShape {
  LinearSite site;
  int64_t in = 0;
  int64_t out = 0;
};

/// One normalization parameter that methods may replace.
struct NormSiteShape {
  NormSite site;
  int64_t size = 0;
};

/// A modulation vector that consecutive blocks have in the same form: equal parts, each as wide as
/// the tokens.
struct ModulationShape {
  std::string name;   ///< unique within a backbone; "" if it has only one
  bool text = false;  ///< seen by Adapter::text_modulation, not block_modulation
  int64_t first_block = 0;
  int64_t blocks = 0;
  int64_t parts = 6;
  std::vector<int64_t> shifts = {0, 3};  ///< which parts are shifts, ascending
  std::vector<int64_t> scales = {1, 4};
};

/// A diffusion transformer with its seams. Weights are frozen: no parameter requires a gradient
/// unless a method asks for it through parameters(). Owned by one thread.
class Backbone {
 public:
  virtual ~Backbone() = default;

  /// The raw output [B, C, T, H, W] fp32, not negated. It approximates x0 - noise for
  /// LongCat-Video; see engine/diffusion/noise_rule.h for the other families.
  /// Throws std::invalid_argument on wrong shapes, naming the tensor.
  virtual at::Tensor forward(const BackboneInput& input, const Adapter& adapter) const = 0;

  /// The outputs of passes that do not depend on each other, such as the branches of guidance.
  virtual std::vector<at::Tensor> forward_each(const std::vector<BackboneInput>& inputs,
                                               const Adapter& adapter) const;

  /// Runs only the clean latents [1, C, T, H, W] at timestep 0, without cross attention. Throws
  /// std::logic_error if the family has no separate condition.
  virtual ConditionCache prefill(const at::Tensor& latents, const Adapter& adapter) const;

  virtual TextCache prepare_text(const TextStates& /*text*/, const Adapter& /*adapter*/) const {
    return {};
  }

  virtual BackboneShape shape() const = 0;
  /// In checkpoint order.
  virtual std::vector<LinearSiteShape> linear_sites() const = 0;
  /// In checkpoint order. Empty if the backbone has none of the kinds.
  virtual std::vector<NormSiteShape> norm_sites() const { return {}; }
  /// By default one vector of six parts for all blocks.
  virtual std::vector<ModulationShape> modulations() const {
    ModulationShape all;
    all.blocks = shape().blocks;
    return {all};
  }
  /// Every parameter, in checkpoint order; the tensors are the live ones.
  virtual std::vector<NamedTensor> parameters() = 0;
  /// Every linear layer, inside and outside the blocks; the layers are the live ones. Empty when
  /// the backbone does not support low-rank terms.
  virtual std::vector<Linear*> linear_layers() { return {}; }
  virtual at::ScalarType compute_dtype() const = 0;
  virtual at::Device device() const = 0;

  /// Recomputes each block in the backward pass instead of keeping its activations. Trained tensors
  /// must then be leaves that get their gradient through backward() (see
  /// engine/tensors/gradient.h), and backbone and adapter must live until it has finished.
  virtual void set_recompute(bool recompute) { recompute_ = recompute; }

  /// Runs every later pass as one part of `group` (null: as the only part), which the caller owns.
  /// All parts must hold equal weights and make the same passes with equal inputs; outputs are
  /// whole and equal on each. Condition caches hold this part's heads and belong to the group they
  /// were made with. Gradients are this part's share (engine/parallel/token_split.h).
  virtual void set_group(Group* group) { group_ = group; }
  Group* group() const { return group_; }

 protected:
  /// Returns true if a pass must recompute its blocks: requested, and in gradient mode.
  bool recomputes() const;

  Group* group_ = nullptr;

 private:
  bool recompute_ = false;
};

}  // namespace cox::engine
