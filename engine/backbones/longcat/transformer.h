#pragma once

#include <map>
#include <memory>

#include "engine/backbones/backbone.h"
#include "engine/backbones/longcat/block.h"
#include "engine/tensors/precision.h"

namespace cox::engine::longcat {

/// The LongCat-Video diffusion transformer.
class Transformer : public Backbone {
 public:
  Transformer(const Config& config, Weights weights);

  at::Tensor forward(const BackboneInput& input, const Adapter& adapter) const override;
  ConditionCache prefill(const at::Tensor& latents, const Adapter& adapter) const override;
  TextCache prepare_text(const TextStates& text, const Adapter& adapter) const override;

  BackboneShape shape() const override;
  std::vector<LinearSiteShape> linear_sites() const override;
  std::vector<NamedTensor> parameters() override;
  std::vector<NamedLayer> linear_layers() override;
  at::ScalarType compute_dtype() const override { return weights_.patch.weight.scalar_type(); }
  at::Device device() const override { return weights_.patch.weight.device(); }
  void set_recompute(bool recompute) override { recompute_ = recompute; }

 private:
  void check(const BackboneInput& input) const;
  at::Tensor embed_patches(const at::Tensor& latents) const;
  at::Tensor embed_time(const at::Tensor& timestep, const Adapter& adapter) const;
  EmbeddedText embed_text(const TextStates& text) const;
  at::Tensor run_block(size_t index, const at::Tensor& x, const at::Tensor& t,
                       const EmbeddedText& text, const ConditionCache* cache,
                       const BlockPass& pass) const;
  at::Tensor final_layer(const at::Tensor& x, const at::Tensor& t, const TokenGrid& grid,
                         const Adapter& adapter) const;
  /// Rows for `grid`, its frames beginning at `first_frame`.
  at::Tensor rope(const TokenGrid& grid, int64_t first_frame) const;

  Config config_;
  Weights weights_;
  std::vector<Block> blocks_;
  bool recompute_ = false;
  /// Tables by whole grid: a memo of a pure function, emptied when it exceeds kMaxRopeTables.
  mutable std::map<TokenGrid, at::Tensor> rope_tables_;
};

/// Reads `directory`/config.json and its safetensors.
std::unique_ptr<Backbone> load_transformer(const std::string& directory, at::Device device,
                                           Precision precision);

/// Random weights at the size of a dit/config.json, for benchmarks.
std::unique_ptr<Backbone> random_transformer(const JsonConfig& json, uint64_t seed,
                                             at::Device device, Precision precision);

/// Tensors on the meta device at the size of a dit/config.json.
std::unique_ptr<Backbone> shape_transformer(const JsonConfig& json);

}  // namespace cox::engine::longcat
