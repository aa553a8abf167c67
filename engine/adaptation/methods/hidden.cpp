#include <fmt/format.h>

#include "engine/adaptation/method.h"
#include "engine/tensors/torch.h"

namespace cox::engine {

namespace {

/// Vectors h_g on the output of every block and one before the final layer: x' = x + h, for all
/// tokens, in training and in generation alike. The sum is rounded once to the compute dtype.
class Hidden final : public Adaptation, private Adapter {
 public:
  Hidden(int64_t groups, const MethodContext& context)
      : count_(groups), blocks_(context.backbone.shape().blocks) {
    const int64_t size = context.backbone.shape().hidden;
    for (int64_t group = 0; group < groups; ++group) {
      vectors_.push_back(zero_tensor(fmt::format("hidden.{}", group), {size}, context));
    }
    vectors_.push_back(zero_tensor("hidden.final", {size}, context));
  }

  const Adapter& adapter() const override { return *this; }
  std::vector<ParameterGroup> groups() override { return {{vectors_}}; }

 private:
  at::Tensor block_output(int block, at::Tensor h) const override {
    return moved(h, vectors_.at(static_cast<size_t>(group_of(block, count_, blocks_))));
  }
  at::Tensor final_hidden(at::Tensor h) const override { return moved(h, vectors_.back()); }

  static at::Tensor moved(const at::Tensor& h, const TrainedTensor& by) {
    return (h + by.value).to(h.scalar_type());
  }

  int64_t count_;
  int64_t blocks_;
  std::vector<TrainedTensor> vectors_;  ///< one for each group, then the final one
};

}  // namespace

std::unique_ptr<Adaptation> make_hidden(ParameterReader& parameters, const MethodContext& context) {
  const int64_t groups = parameters.integer("groups", 1, context.backbone.shape().blocks);
  return std::make_unique<Hidden>(groups, context);
}

}  // namespace cox::engine
