#include "engine/adaptation/method.h"
#include "engine/tensors/torch.h"

namespace cox::engine {

namespace {

/// Output bias calibration (OBC): one bias b for each latent channel on the raw output, v' = v + b.
class OutputBiasCalibration final : public Adaptation, private Adapter {
 public:
  explicit OutputBiasCalibration(const MethodContext& context)
      : depth_(context.backbone.shape().blocks),
        bias_(zero_tensor("bias", {context.backbone.shape().latent_channels}, context)) {}

  const Adapter& adapter() const override { return *this; }
  int64_t first_block() const override { return depth_; }
  bool acts_on_output_only() const override { return true; }
  std::vector<ParameterGroup> groups() override { return {{{bias_}}}; }

 private:
  at::Tensor output(at::Tensor v) const override {
    return v + bias_.value.to(v.scalar_type()).view({1, -1, 1, 1, 1});
  }

  int64_t depth_;
  TrainedTensor bias_;
};

}  // namespace

std::unique_ptr<Adaptation> make_obc(ParameterReader&, const MethodContext& context) {
  return std::make_unique<OutputBiasCalibration>(context);
}

}  // namespace cox::engine
