#include "engine/adaptation/method.h"
#include "engine/tensors/torch.h"

namespace cox::engine {

namespace {

/// Output bias calibration (OBC): one bias b for each latent channel on the raw output, v' = v + b.
class OutputBiasCalibration final : public Adaptation, private Adapter {
 public:
  explicit OutputBiasCalibration(const MethodContext& context)
      : bias_(zero_tensor("bias", {context.backbone.shape().latent_channels}, context)) {}

  const Adapter& adapter() const override { return *this; }
  std::vector<ParameterGroup> groups() override { return {{{bias_}}}; }

 private:
  at::Tensor output(at::Tensor v) const override {
    return v + bias_.value.to(v.scalar_type()).view({1, -1, 1, 1, 1});
  }

  TrainedTensor bias_;
};

}  // namespace

std::unique_ptr<Adaptation> make_obc(ParameterReader&, const MethodContext& context) {
  return std::make_unique<OutputBiasCalibration>(context);
}

}  // namespace cox::engine
