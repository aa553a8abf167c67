#include <fmt/format.h>

#include <ATen/ops/equal.h>

#include <map>
#include <set>

#include "engine/adaptation/method.h"
#include "engine/tensors/error.h"
#include "engine/tensors/torch.h"

namespace cox::engine {

namespace {

struct NormSettings {
  std::set<NormKind> kinds;
  std::string name;       ///< the user's name for the kinds
  bool in_place = false;  ///< train the stored values instead of offsets from them
};

/// Offsets o from stored gains and biases: w' = w + o, rounded to the dtype of w. Training the
/// offset instead of w keeps steps that w's dtype would swallow, and decays towards the pretrained
/// value instead of zero. In place, w' is the trained value itself, as in the AdaSteer study.
class Norm final : public Adaptation, private Adapter {
 public:
  Norm(const NormSettings& settings, const MethodContext& context) : in_place_(settings.in_place) {
    std::map<std::string, at::Tensor> stored;
    if (in_place_) {
      for (const NamedTensor& one : context.backbone.parameters()) stored[one.name] = one.tensor;
    }
    for (const NormSiteShape& shape : context.backbone.norm_sites()) {
      if (settings.kinds.count(shape.site.kind) == 0) continue;
      TrainedTensor trained = zero_tensor(shape.site.key, {shape.size}, context);
      if (in_place_) start(trained, stored.at(shape.site.key));
      trained_.emplace(shape.site.key, trained);
      order_.push_back(shape.site.key);
    }
    if (order_.empty()) {
      throw user_error(
          fmt::format("norm: tensors: the backbone has none of the norms of '{}'", settings.name),
          "method");
    }
  }

  const Adapter& adapter() const override { return *this; }

  std::vector<ParameterGroup> groups() override {
    ParameterGroup group;
    for (const std::string& name : order_) group.tensors.push_back(trained_.at(name));
    return {group};
  }

 private:
  /// Throws EngineError (cause user) for a dtype that cannot represent the stored values exactly.
  static void start(TrainedTensor& trained, const at::Tensor& stored) {
    const at::NoGradGuard no_grad;
    if (trained.value.is_meta()) return;
    trained.value.copy_(stored);
    if (!at::equal(trained.value.to(stored.scalar_type()), stored)) {
      throw user_error(
          fmt::format("norm: param_dtype: expected a type that holds the stored values of {} "
                      "exactly, got {}; use fp32, a bf16 model or form: offset",
                      trained.name, c10::toString(trained.value.scalar_type())),
          "method");
    }
    trained.start = trained.value.detach().clone();
  }

  at::Tensor norm_parameter(const NormSite& site, at::Tensor stored) const override {
    const auto found = trained_.find(site.key);
    if (found == trained_.end()) return stored;
    const at::Tensor& value = found->second.value;
    return (in_place_ ? value : stored + value).to(stored.scalar_type());
  }

  bool in_place_;
  std::map<std::string, TrainedTensor> trained_;
  std::vector<std::string> order_;  ///< that of the checkpoint
};

}  // namespace

std::unique_ptr<Adaptation> make_norm(ParameterReader& parameters, const MethodContext& context) {
  const std::string which =
      parameters.choice("tensors", {"cross_attn_norm", "qk_norm", "adaln_affine", "all_norm"});
  NormSettings settings;
  settings.name = which;
  settings.in_place = parameters.choice("form", {"offset", "in_place"}) == "in_place";
  std::set<NormKind>& kinds = settings.kinds;
  const bool all = which == "all_norm";
  if (all || which == "cross_attn_norm") kinds.insert(NormKind::kBeforeCrossAttention);
  if (all || which == "qk_norm") kinds.insert(NormKind::kQueryKey);
  if (all || which == "adaln_affine") kinds.insert(NormKind::kModulated);
  return std::make_unique<Norm>(settings, context);
}

}  // namespace cox::engine
