#include "engine/adaptation/joint.h"

#include <algorithm>
#include <limits>
#include <utility>

#include "engine/tensors/torch.h"

namespace cox::engine {

namespace {

/// Every seam of every member, in their order.
class JointAdapter final : public Adapter {
 public:
  explicit JointAdapter(std::vector<const Adapter*> members) : members_(std::move(members)) {}

  at::Tensor time_embedding(at::Tensor t) const override {
    for (const Adapter* member : members_) t = member->time_embedding(std::move(t));
    return t;
  }
  at::Tensor block_time_embedding(int block, at::Tensor t) const override {
    for (const Adapter* member : members_) t = member->block_time_embedding(block, std::move(t));
    return t;
  }
  void begin_pass(const PassContext& pass) const override {
    for (const Adapter* member : members_) member->begin_pass(pass);
  }
  at::Tensor final_time_embedding(at::Tensor t) const override {
    for (const Adapter* member : members_) t = member->final_time_embedding(std::move(t));
    return t;
  }
  at::Tensor block_modulation(int block, at::Tensor m) const override {
    for (const Adapter* member : members_) m = member->block_modulation(block, std::move(m));
    return m;
  }
  at::Tensor text_modulation(int block, at::Tensor m) const override {
    for (const Adapter* member : members_) m = member->text_modulation(block, std::move(m));
    return m;
  }
  at::Tensor block_output(int block, at::Tensor h) const override {
    for (const Adapter* member : members_) h = member->block_output(block, std::move(h));
    return h;
  }
  at::Tensor final_hidden(at::Tensor h) const override {
    for (const Adapter* member : members_) h = member->final_hidden(std::move(h));
    return h;
  }
  at::Tensor linear(const LinearSite& site, const at::Tensor& x, at::Tensor y) const override {
    for (const Adapter* member : members_) y = member->linear(site, x, std::move(y));
    return y;
  }
  at::Tensor norm_parameter(const NormSite& site, at::Tensor stored) const override {
    for (const Adapter* member : members_) stored = member->norm_parameter(site, std::move(stored));
    return stored;
  }
  at::Tensor output(at::Tensor v) const override {
    for (const Adapter* member : members_) v = member->output(std::move(v));
    return v;
  }

 private:
  std::vector<const Adapter*> members_;
};

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
  JointAdapter adapter_;
  JointAdapter generation_adapter_;
};

}  // namespace

std::unique_ptr<Adaptation> act_together(Members members) {
  return std::make_unique<JointAdaptation>(std::move(members));
}

}  // namespace cox::engine
