#include <map>

#include "base/text.h"
#include "engine/adaptation/method.h"
#include "engine/tensors/error.h"
#include "engine/tensors/torch.h"

namespace cox::engine {

namespace {

/// Which normalisation parameters train.
struct Selection {
  bool cross_attention = false;  ///< weight and bias of the norm before cross-attention
  bool query_key = false;        ///< gains of queries and keys, self and cross

  bool holds(const std::string& name) const {
    const bool of_pair = ends_with(name, ".q_norm.weight") || ends_with(name, ".k_norm.weight");
    const bool before_cross = name.find(".pre_crs_attn_norm.") != std::string::npos;
    return (query_key && of_pair) || (cross_attention && before_cross);
  }
};

/// Offsets o from stored gains and biases: w' = w + o, rounded to the dtype of w. Training the
/// offset instead of w keeps steps that w's dtype would swallow, and decays towards the pretrained
/// value instead of zero.
class Norm final : public Adaptation, private Adapter {
 public:
  Norm(const Selection& selection, const MethodContext& context) {
    for (const NamedTensor& parameter : context.backbone.parameters()) {
      if (!selection.holds(parameter.name)) continue;
      offsets_.emplace(parameter.name,
                       zero_tensor(parameter.name, parameter.tensor.sizes(), context));
      order_.push_back(parameter.name);
    }
    if (order_.empty()) throw user_error("this backbone has none of the norms to train", "method");
  }

  const Adapter& adapter() const override { return *this; }

  std::vector<ParameterGroup> groups() override {
    ParameterGroup group;
    for (const std::string& name : order_) group.tensors.push_back(offsets_.at(name));
    return {group};
  }

 private:
  at::Tensor norm_parameter(const std::string& name, at::Tensor stored) const override {
    const auto found = offsets_.find(name);
    if (found == offsets_.end()) return stored;
    return (stored + found->second.value).to(stored.scalar_type());
  }

  std::map<std::string, TrainedTensor> offsets_;
  std::vector<std::string> order_;  ///< of the checkpoint
};

}  // namespace

std::unique_ptr<Adaptation> make_norm(ParameterReader& parameters, const MethodContext& context) {
  const std::string which =
      parameters.choice("tensors", {"cross_attn_norm", "qk_norm", "all_norm"});
  Selection selection;
  selection.cross_attention = which != "qk_norm";
  selection.query_key = which != "cross_attn_norm";
  return std::make_unique<Norm>(selection, context);
}

}  // namespace cox::engine
