#pragma once

#include <optional>
#include <set>
#include <string>

#include "engine/adaptation/raw_outputs.h"
#include "engine/backbones/backbone.h"

namespace cox::engine {

/// The pretrained model, with known raw outputs returned from memory. For methods that change only
/// the output: they start from the same raw outputs whatever they have learned. Gradients reach the
/// change of the output, but nothing before it.
class ReplayedBackbone final : public Backbone {
 public:
  /// Both must outlive this.
  ReplayedBackbone(const Backbone& inner, RawOutputs& raw);

  /// Names the question to which the next passes belong: the n-th passes of equal names are equal.
  void ask(const std::string& question) const;

  /// Returns the seconds that computing the answers found since the last call had taken, each
  /// counted once.
  double take_reused_s() const;

  at::Tensor forward(const BackboneInput& input, const Adapter& adapter) const override;
  /// Caches are made when a pass requires them: until then this one holds latents instead of keys.
  ConditionCache prefill(const at::Tensor& latents, const Adapter& adapter) const override;
  TextCache prepare_text(const TextStates& text, const Adapter& adapter) const override;

  BackboneShape shape() const override { return inner_.shape(); }
  std::vector<LinearSiteShape> linear_sites() const override { return inner_.linear_sites(); }
  std::vector<NormSiteShape> norm_sites() const override { return inner_.norm_sites(); }
  std::vector<ModulationShape> modulations() const override { return inner_.modulations(); }
  at::ScalarType compute_dtype() const override { return inner_.compute_dtype(); }
  at::Device device() const override { return inner_.device(); }
  /// Throws std::logic_error: the pretrained model must not be changed.
  std::vector<NamedTensor> parameters() override;
  void set_recompute(bool recompute) override;

 private:
  at::Tensor compute(BackboneInput input) const;

  const Backbone& inner_;
  RawOutputs& raw_;
  Adapter pretrained_;  ///< changes nothing
  mutable std::string question_;
  mutable int pass_ = 0;  ///< number of the pass within the question
  mutable std::set<std::string> asked_;
  mutable double reused_s_ = 0;
  mutable at::Tensor context_;  ///< of context_cache_
  mutable std::optional<ConditionCache> context_cache_;
  mutable TextStates text_;  ///< of the last prepare_text
  mutable std::optional<TextCache> text_cache_;
};

}  // namespace cox::engine
