#include "engine/metrics/fvd.h"

#include "engine/metrics/clip_frames.h"
#include "engine/metrics/registry.h"
#include "engine/metrics/script_network.h"
#include "engine/metrics/weights_origin.h"
#include "engine/tensors/shape.h"
#include "engine/tensors/torch.h"

namespace cox::engine {

namespace {

constexpr int kSide = 224;
/// The last pooling of I3D needs as many frames.
constexpr std::int64_t kLeastFrames = 9;

/// Repeats the first and the last frame as DFoT does: 8 frames become 10, 7 become 9.
at::Tensor padded(const at::Tensor& frames) {
  if (frames.size(0) >= kLeastFrames) return frames;
  const std::int64_t copies = (kLeastFrames + 1 - frames.size(0)) / 2;
  return at::cat({frames.narrow(0, 0, 1).expand({copies, -1, -1, -1}), frames,
                  frames.narrow(0, frames.size(0) - 1, 1).expand({copies, -1, -1, -1})});
}

class Fvd final : public SetMetric {
 public:
  Fvd(FvdProtocol protocol, const MetricResources& resources)
      : protocol_(protocol),
        network_(ScriptNetwork::load(resources.weights, resources.device)),
        origin_(read_origin(network_.stated(), resources.weights, "i3d",
                            "scripts/convert_torchscript.py i3d")) {}

  bool has_random_weights() const override { return origin_.random; }

  ReferenceFeatures prepare(const at::Tensor& reference) const override {
    check_frames(reference, "reference frames");
    return {logits(reference)};
  }

  std::vector<float> features(const at::Tensor& generated,
                              const ReferenceFeatures& reference) const override {
    const at::Tensor both = at::cat({logits(generated), reference.at(0)}).contiguous();
    return {both.const_data_ptr<float>(), both.const_data_ptr<float>() + both.numel()};
  }

 private:
  /// [C] on the CPU.
  at::Tensor logits(const at::Tensor& frames) const {
    const at::Tensor features = network_.run({fvd_input(protocol_, frames)},
                                             {{"rescale", protocol_ == FvdProtocol::kStyleGanV},
                                              {"resize", true},
                                              {"return_features", true}});
    check_shape(features, {1, kAny}, "features of I3D");
    return features[0].to(at::kCPU, at::kFloat);
  }

  FvdProtocol protocol_;
  ScriptNetwork network_;
  WeightsOrigin origin_;
};

}  // namespace

at::Tensor fvd_input(FvdProtocol protocol, const at::Tensor& frames) {
  const at::Tensor taken =
      protocol == FvdProtocol::kDfot
          ? padded(centered_levels(frames, kSide).div(255)).mul(2).sub(1).clamp(-1, 1)
          : levels(frames);
  return taken.permute({1, 0, 2, 3}).unsqueeze(0).contiguous();
}

std::unique_ptr<Metric> make_fvd(FvdProtocol protocol, const MetricResources& resources) {
  return std::make_unique<Fvd>(protocol, resources);
}

}  // namespace cox::engine
