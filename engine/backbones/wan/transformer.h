#pragma once

#include <vector>

#include "engine/backbones/backbone.h"
#include "engine/backbones/table_memo.h"
#include "engine/backbones/wan/block.h"

namespace cox::engine::wan {

/// The Wan diffusion transformer: Wan2.1 text-to-video and image-to-video, and Wan2.2 TI2V, which
/// differs only in its timesteps: one for each latent frame. Source: Wan Team, Wan: Open and
/// Advanced Large-Scale Video Generative Models (arXiv 2503.20314); the diffusers layout. The raw
/// output approximates noise - x0. Attention covers every text row; a mask, if defined, sets
/// the excluded rows to zero. Blocks refer to the weights, so an object
/// cannot be copied or moved.
class Transformer : public Backbone {
 public:
  Transformer(const Config& config, Weights weights);
  Transformer(const Transformer&) = delete;
  Transformer& operator=(const Transformer&) = delete;

  at::Tensor forward(const BackboneInput& input, const Adapter& adapter) const override;

  BackboneShape shape() const override;
  std::vector<LinearSiteShape> linear_sites() const override;
  std::vector<NamedTensor> parameters() override;
  std::vector<NormSiteShape> norm_sites() const override;
  std::vector<Linear*> linear_layers() override { return layers_; }
  at::ScalarType compute_dtype() const override { return weights_.patch.weight.scalar_type(); }
  at::Device device() const override { return weights_.patch.weight.device(); }

 private:
  void check(const BackboneInput& input) const;
  void check_latents(const BackboneInput& input) const;
  at::Tensor embed_patches(const BackboneInput& input) const;
  at::Tensor embed_time(const at::Tensor& timestep) const;
  /// Projects the embedding for all blocks: [B, T, 6D].
  at::Tensor project_time(const at::Tensor& t) const;
  Context embed_context(const BackboneInput& input) const;
  at::Tensor run_block(size_t index, const at::Tensor& x, const at::Tensor& time,
                       const Context& context, const BlockPass& pass) const;
  at::Tensor final_layer(const at::Tensor& x, const at::Tensor& t, const BlockPass& pass,
                         const TokenGrid& grid) const;
  at::Tensor rope(const TokenGrid& grid) const;

  Config config_;
  Weights weights_;
  std::vector<Block> blocks_;
  std::vector<Linear*> layers_;              ///< of weights_, in checkpoint order
  std::vector<const NormParameter*> norms_;  ///< likewise
  mutable TableMemo<TokenGrid> rope_tables_;
};

}  // namespace cox::engine::wan
