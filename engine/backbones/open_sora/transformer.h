#pragma once

#include "engine/backbones/backbone.h"
#include "engine/backbones/open_sora/block.h"
#include "engine/backbones/table_memo.h"
#include "engine/nn/rope.h"

namespace cox::engine::open_sora {

/// The Open-Sora v2.0 diffusion transformer. Source: Peng et al., Open-Sora 2.0 (arXiv 2503.09642);
/// MMDiTModel of hpcaitech/Open-Sora. The raw output approximates noise - x0. Blocks refer to the
/// weights, so an object cannot be copied or moved.
class Transformer : public Backbone {
 public:
  Transformer(const Config& config, WeightSource& source);
  Transformer(const Transformer&) = delete;
  Transformer& operator=(const Transformer&) = delete;

  /// `input.timestep` is [B, 1] in 0..1000; `input.channel_condition` [B, 1 + C, T, H, W] holds the
  /// mask of known frames and their latents, all zeros for text-to-video; `input.text.pooled` is
  /// required; `input.embedded_guidance` is required for distilled models.
  at::Tensor forward(const BackboneInput& input, const Adapter& adapter) const override;

  /// Block numbers count the double blocks first.
  BackboneShape shape() const override;
  std::vector<LinearSiteShape> linear_sites() const override { return weights_.sites.linears; }
  std::vector<NormSiteShape> norm_sites() const override { return weights_.sites.norms; }
  /// `img` and `txt` for the double blocks, `single` for the others.
  std::vector<ModulationShape> modulations() const override;
  std::vector<NamedTensor> parameters() override { return weights_.sites.parameters; }
  at::ScalarType compute_dtype() const override { return weights_.latents.weight.scalar_type(); }
  at::Device device() const override { return weights_.latents.weight.device(); }

 private:
  void check(const BackboneInput& input) const;
  at::Tensor embed_time(const BackboneInput& input, const Adapter& adapter) const;
  at::Tensor embed_tokens(const BackboneInput& input, const TokenSplit& split) const;
  at::Tensor rope(const TokenGrid& grid, int64_t text_tokens) const;
  at::Tensor final_layer(const at::Tensor& x, const at::Tensor& t, const BlockPass& pass,
                         const TokenGrid& grid) const;

  Config config_;
  Weights weights_;
  std::vector<DoubleBlock> double_blocks_;
  std::vector<SingleBlock> single_blocks_;
  mutable TableMemo<std::pair<TokenGrid, int64_t>> tables_;
};

}  // namespace cox::engine::open_sora
