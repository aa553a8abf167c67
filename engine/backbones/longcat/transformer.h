#pragma once

#include <memory>

#include "engine/backbones/backbone.h"
#include "engine/backbones/longcat/block.h"
#include "engine/backbones/table_memo.h"
#include "engine/tensors/precision.h"

namespace cox::engine::longcat {

/// The LongCat-Video diffusion transformer. Source: Meituan LongCat Team, LongCat-Video Technical
/// Report (arXiv 2510.22200); longcat_video/modules/longcat_video_dit.py of
/// meituan-longcat/LongCat-Video. Blocks refer to the weights, so an object is neither copied nor
/// moved.
class Transformer : public Backbone {
 public:
  Transformer(const Config& config, Weights weights);
  Transformer(const Transformer&) = delete;
  Transformer& operator=(const Transformer&) = delete;

  at::Tensor forward(const BackboneInput& input, const Adapter& adapter) const override;
  ConditionCache prefill(const at::Tensor& latents, const Adapter& adapter) const override;
  TextCache prepare_text(const TextStates& text, const Adapter& adapter) const override;

  BackboneShape shape() const override;
  std::vector<LinearSiteShape> linear_sites() const override;
  std::vector<NamedTensor> parameters() override;
  std::vector<NormSiteShape> norm_sites() const override;
  std::vector<Linear*> linear_layers() override { return layers_; }
  at::ScalarType compute_dtype() const override { return weights_.patch.weight.scalar_type(); }
  at::Device device() const override { return weights_.patch.weight.device(); }

 private:
  void check(const BackboneInput& input) const;
  BlockPass make_pass(const TokenGrid& grid, int64_t condition_frames, int64_t first_frame,
                      const Adapter& adapter) const;
  at::Tensor embed_patches(const at::Tensor& latents) const;
  at::Tensor embed_time(const at::Tensor& timestep, const Adapter& adapter) const;
  EmbeddedText embed_text(const TextStates& text) const;
  at::Tensor run_block(size_t index, const at::Tensor& x, const at::Tensor& t,
                       const TextSource& text, const ConditionCache* cache,
                       const BlockPass& pass) const;
  at::Tensor final_layer(const at::Tensor& x, const at::Tensor& t, const BlockPass& pass) const;
  /// Rows for `grid`, its frames beginning at `first_frame`.
  at::Tensor rope(const TokenGrid& grid, int64_t first_frame) const;

  Config config_;
  Weights weights_;
  std::vector<Block> blocks_;
  std::vector<Linear*> layers_;               ///< of weights_, in checkpoint order
  std::vector<const NormParameter*> norms_;   ///< likewise
  mutable TableMemo<TokenGrid> rope_tables_;  ///< of whole grids
};

}  // namespace cox::engine::longcat
