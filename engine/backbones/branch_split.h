#pragma once

#include <optional>

#include "engine/backbones/backbone.h"
#include "engine/parallel/parts.h"

namespace cox::engine {

/// A backbone that evaluates one of two guidance branches, for sampling: part 0 of `branches` the
/// first row of a batch of two, or the first of two passes, part 1 the second. Outputs are whole on
/// both.
class BranchSplit final : public Backbone {
 public:
  /// `inner` and `branches`, of two parts, must outlive this.
  BranchSplit(Backbone& inner, Group& branches) : inner_(inner), branches_(branches) {}

  at::Tensor forward(const BackboneInput& input, const Adapter& adapter) const override;
  std::vector<at::Tensor> forward_each(const std::vector<BackboneInput>& inputs,
                                       const Adapter& adapter) const override;
  ConditionCache prefill(const at::Tensor& latents, const Adapter& adapter) const override {
    return inner_.prefill(latents, adapter);
  }
  /// Only for this part's branch.
  TextCache prepare_text(const TextStates& text, const Adapter& adapter) const override;

  BackboneShape shape() const override { return inner_.shape(); }
  std::vector<LinearSiteShape> linear_sites() const override { return inner_.linear_sites(); }
  std::vector<NormSiteShape> norm_sites() const override { return inner_.norm_sites(); }
  std::vector<ModulationShape> modulations() const override { return inner_.modulations(); }
  std::vector<NamedTensor> parameters() override { return inner_.parameters(); }
  std::vector<Linear*> linear_layers() override { return inner_.linear_layers(); }
  at::ScalarType compute_dtype() const override { return inner_.compute_dtype(); }
  at::Device device() const override { return inner_.device(); }
  void set_recompute(bool recompute) override { inner_.set_recompute(recompute); }
  void set_group(Group* group) override { inner_.set_group(group); }

 private:
  /// The row of this part's branch; undefined stays undefined.
  at::Tensor own(const at::Tensor& x) const;
  TextStates own_text(const TextStates& text) const;

  Backbone& inner_;
  Group& branches_;
};

/// A backbone for one sampling in parts. With two branches of guidance each half of the parts
/// evaluates one, unless the adapter compares them; otherwise, or for an odd number of parts, all
/// of them work on every evaluation. The backbone's group is that of all parts again afterwards.
class SamplingParts {
 public:
  SamplingParts(Backbone& backbone, const PartGroups& groups, const Adapter& adapter,
                int64_t branches);
  ~SamplingParts() { backbone_.set_group(groups_.all); }
  SamplingParts(const SamplingParts&) = delete;
  SamplingParts& operator=(const SamplingParts&) = delete;

  const Backbone& backbone() const {
    if (split_) return *split_;
    return backbone_;
  }

 private:
  Backbone& backbone_;
  PartGroups groups_;
  std::optional<BranchSplit> split_;
};

}  // namespace cox::engine
