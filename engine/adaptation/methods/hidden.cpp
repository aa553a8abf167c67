#include <fmt/format.h>

#include "engine/adaptation/block_groups.h"
#include "engine/adaptation/method.h"
#include "engine/tensors/torch.h"

namespace cox::engine {

namespace {

struct HiddenSettings {
  BlockGroups groups;               ///< each has a vector
  bool clip_each = false;           ///< each vector by its own norm instead of all by a joint one
  bool final_in_generation = true;  ///< false as in the AdaSteer study
};

/// Vectors h_g on the output of blocks and one before the final layer: x' = x + h, for all tokens.
/// The sum is rounded once to the compute dtype.
class HiddenAdapter final : public Adapter {
 public:
  HiddenAdapter(const BlockGroups& groups, std::vector<TrainedTensor> vectors, bool has_final)
      : groups_(groups), vectors_(std::move(vectors)), has_final_(has_final) {}

 private:
  at::Tensor block_output(int block, at::Tensor h) const override {
    const std::optional<int64_t> group = groups_.of(block);
    return group ? moved(h, vectors_.at(static_cast<size_t>(*group))) : h;
  }
  at::Tensor final_hidden(at::Tensor h) const override {
    return has_final_ ? moved(h, vectors_.back()) : h;
  }

  static at::Tensor moved(const at::Tensor& h, const TrainedTensor& by) {
    return (h + by.value).to(h.scalar_type());
  }

  BlockGroups groups_;
  std::vector<TrainedTensor> vectors_;  ///< one for each group, then the final one
  bool has_final_;
};

class Hidden final : public Adaptation {
 public:
  Hidden(const HiddenSettings& settings, const MethodContext& context)
      : clip_each_(settings.clip_each),
        first_block_(settings.groups.first_block()),
        vectors_(zero_vectors(settings.groups.count(), context)),
        adapter_(settings.groups, vectors_, true),
        generation_adapter_(settings.groups, vectors_, settings.final_in_generation) {}

  const Adapter& adapter() const override { return adapter_; }
  int64_t first_block() const override { return first_block_; }
  const Adapter& generation_adapter() const override { return generation_adapter_; }

  std::vector<ParameterGroup> groups() override {
    if (!clip_each_) return {{vectors_}};
    std::vector<ParameterGroup> groups;
    for (const TrainedTensor& vector : vectors_) groups.push_back({{vector}});
    return groups;
  }

 private:
  static std::vector<TrainedTensor> zero_vectors(int64_t groups, const MethodContext& context) {
    const int64_t size = context.backbone.shape().hidden;
    std::vector<TrainedTensor> vectors;
    for (int64_t group = 0; group < groups; ++group) {
      vectors.push_back(zero_tensor(fmt::format("hidden.{}", group), {size}, context));
    }
    vectors.push_back(zero_tensor("hidden.final", {size}, context));
    return vectors;
  }

  bool clip_each_;
  int64_t first_block_;
  std::vector<TrainedTensor> vectors_;
  HiddenAdapter adapter_;
  HiddenAdapter generation_adapter_;
};

}  // namespace

std::unique_ptr<Adaptation> make_hidden(ParameterReader& parameters, const MethodContext& context) {
  const HiddenSettings settings{
      .groups = BlockGroups::read(parameters, context.backbone.shape().blocks),
      .clip_each = parameters.choice("clip", {"joint", "per_vector"}) == "per_vector",
      .final_in_generation =
          parameters.choice("final_vector", {"everywhere", "training"}) == "everywhere"};
  return std::make_unique<Hidden>(settings, context);
}

}  // namespace cox::engine
