#include <fmt/format.h>

#include <map>
#include <set>

#include "engine/adaptation/method.h"
#include "engine/tensors/error.h"
#include "engine/tensors/torch.h"

namespace cox::engine {

namespace {

/// Offsets o from stored gains and biases: w' = w + o, rounded to the dtype of w. Training the
/// offset instead of w keeps steps that w's dtype would swallow, and decays towards the pretrained
/// value instead of zero.
class Norm final : public Adaptation, private Adapter {
 public:
  /// `name` is the user's name for the kinds.
  Norm(const std::set<NormKind>& kinds, const std::string& name, const MethodContext& context) {
    for (const NormSiteShape& shape : context.backbone.norm_sites()) {
      if (kinds.count(shape.site.kind) == 0) continue;
      offsets_.emplace(shape.site.key, zero_tensor(shape.site.key, {shape.size}, context));
      order_.push_back(shape.site.key);
    }
    if (order_.empty()) {
      throw user_error(
          fmt::format("norm: tensors: the backbone has none of the norms of '{}'", name), "method");
    }
  }

  const Adapter& adapter() const override { return *this; }

  std::vector<ParameterGroup> groups() override {
    ParameterGroup group;
    for (const std::string& name : order_) group.tensors.push_back(offsets_.at(name));
    return {group};
  }

 private:
  at::Tensor norm_parameter(const NormSite& site, at::Tensor stored) const override {
    const auto found = offsets_.find(site.key);
    if (found == offsets_.end()) return stored;
    return (stored + found->second.value).to(stored.scalar_type());
  }

  std::map<std::string, TrainedTensor> offsets_;
  std::vector<std::string> order_;  ///< that of the checkpoint
};

}  // namespace

std::unique_ptr<Adaptation> make_norm(ParameterReader& parameters, const MethodContext& context) {
  const std::string which =
      parameters.choice("tensors", {"cross_attn_norm", "qk_norm", "adaln_affine", "all_norm"});
  std::set<NormKind> kinds;
  const bool all = which == "all_norm";
  if (all || which == "cross_attn_norm") kinds.insert(NormKind::kBeforeCrossAttention);
  if (all || which == "qk_norm") kinds.insert(NormKind::kQueryKey);
  if (all || which == "adaln_affine") kinds.insert(NormKind::kModulated);
  return std::make_unique<Norm>(kinds, which, context);
}

}  // namespace cox::engine
