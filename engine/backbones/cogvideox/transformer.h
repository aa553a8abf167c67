#pragma once

#include "engine/backbones/backbone.h"
#include "engine/backbones/cogvideox/block.h"
#include "engine/backbones/table_memo.h"
#include "engine/nn/rope.h"

namespace cox::engine::cogvideox {

/// The CogVideoX 1.0 diffusion transformer: 2B, 5B and 5B-I2V. Source: Yang et al., CogVideoX
/// (arXiv 2408.06072); CogVideoXTransformer3DModel of huggingface/diffusers. The raw output is
/// v = sqrt(a) noise - sqrt(1 - a) x0, not a direction to the clean latents. Blocks refer to the
/// weights, so an object cannot be copied or moved.
class Transformer : public Backbone {
 public:
  Transformer(const Config& config, WeightSource& source);
  Transformer(const Transformer&) = delete;
  Transformer& operator=(const Transformer&) = delete;

  /// `input.timestep` is [B, 1], integers in 0..999; `input.channel_condition` holds the
  /// condition latents of an image-to-video model.
  at::Tensor forward(const BackboneInput& input, const Adapter& adapter) const override;

  BackboneShape shape() const override;
  std::vector<LinearSiteShape> linear_sites() const override { return weights_.sites.linears; }
  std::vector<NormSiteShape> norm_sites() const override { return weights_.sites.norms; }
  /// Both sites of a block, concatenated; each is shift, scale, gate of the latents, then of the
  /// text.
  std::vector<ModulationShape> modulations() const override;
  std::vector<NamedTensor> parameters() override { return weights_.sites.parameters; }
  at::ScalarType compute_dtype() const override { return weights_.patch_weight.scalar_type(); }
  at::Device device() const override { return weights_.patch_weight.device(); }

 private:
  void check(const BackboneInput& input) const;
  at::Tensor embed_time(const at::Tensor& timestep, const Adapter& adapter) const;
  at::Tensor embed_tokens(const BackboneInput& input, const TokenGrid& grid,
                          const TokenSplit& split) const;
  at::Tensor stored_positions(const TokenGrid& grid) const;
  at::Tensor added_positions(const TokenGrid& grid) const;
  at::Tensor rope(const TokenGrid& grid) const;
  at::Tensor final_layer(const at::Tensor& x, const at::Tensor& t, const BlockPass& pass,
                         const TokenGrid& grid) const;

  Config config_;
  Weights weights_;
  std::vector<Block> blocks_;
  mutable TableMemo<TokenGrid> tables_;
};

}  // namespace cox::engine::cogvideox
