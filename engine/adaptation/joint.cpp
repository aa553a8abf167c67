#include "engine/adaptation/joint.h"

#include <algorithm>
#include <limits>
#include <utility>

#include "engine/backbones/adapter_chain.h"
#include "engine/tensors/torch.h"

namespace cox::engine {

namespace {

using Members = std::vector<std::unique_ptr<Adaptation>>;

std::vector<const Adapter*> adapters_of(const Members& members,
                                        const Adapter& (Adaptation::*of)() const) {
  std::vector<const Adapter*> adapters;
  for (const auto& member : members) adapters.push_back(&(member.get()->*of)());
  return adapters;
}

class JointAdaptation final : public Adaptation {
 public:
  explicit JointAdaptation(Members members)
      : members_(std::move(members)),
        adapter_(adapters_of(members_, &Adaptation::adapter)),
        generation_adapter_(adapters_of(members_, &Adaptation::generation_adapter)) {}

  const Adapter& adapter() const override { return adapter_; }
  const Adapter& generation_adapter() const override { return generation_adapter_; }

  std::vector<ParameterGroup> groups() override {
    std::vector<ParameterGroup> all;
    for (std::size_t i = 0; i < members_.size(); ++i) {
      for (ParameterGroup& group : members_[i]->groups()) {
        group.member = i;
        all.push_back(std::move(group));
      }
    }
    return all;
  }

  void parameters_changed() override {
    for (const auto& member : members_) member->parameters_changed();
  }

  int64_t first_block() const override {
    int64_t first = std::numeric_limits<int64_t>::max();
    for (const auto& member : members_) first = std::min(first, member->first_block());
    return first;
  }

  bool trains_linear_layers() const override {
    return std::any_of(members_.begin(), members_.end(),
                       [](const auto& member) { return member->trains_linear_layers(); });
  }

 private:
  Members members_;
  AdapterChain adapter_;
  AdapterChain generation_adapter_;
};

}  // namespace

std::unique_ptr<Adaptation> act_together(Members members) {
  return std::make_unique<JointAdaptation>(std::move(members));
}

}  // namespace cox::engine
