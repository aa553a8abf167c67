#include "engine/metrics/fvd.h"

#include <ATen/ops/upsample_bilinear2d.h>

#include "engine/metrics/clip_frames.h"
#include "engine/metrics/registry.h"
#include "engine/metrics/user_network.h"
#include "engine/tensors/shape.h"
#include "engine/tensors/torch.h"

namespace cox::engine {

namespace {

constexpr int kSide = 224;
/// VideoMAE's positions are those of as many frames.
constexpr std::int64_t kVideoMaeFrames = 16;
/// The last pooling of I3D needs as many frames.
constexpr std::int64_t kLeastFrames = 9;

/// Repeats the first and the last frame as DFoT does: 8 frames become 10, 7 become 9.
at::Tensor padded(const at::Tensor& frames) {
  if (frames.size(0) >= kLeastFrames) return frames;
  const std::int64_t copies = (kLeastFrames + 1 - frames.size(0)) / 2;
  return at::cat({frames.narrow(0, 0, 1).expand({copies, -1, -1, -1}), frames,
                  frames.narrow(0, frames.size(0) - 1, 1).expand({copies, -1, -1, -1})});
}

/// The first 16, as cd-fvd prepares them: both sides to 224, whatever the picture's shape.
at::Tensor squeezed(const at::Tensor& frames) {
  return at::upsample_bilinear2d(levels(frames.narrow(0, 0, kVideoMaeFrames)).div(255),
                                 {kSide, kSide}, /*align_corners=*/false);
}

const char* network_of(FvdProtocol protocol) {
  return protocol == FvdProtocol::kVideoMae ? "videomae" : "i3d";
}

class Fvd final : public SetMetric {
 public:
  Fvd(FvdProtocol protocol, const MetricResources& resources)
      : protocol_(protocol), network_(network_of(protocol), resources) {}

  bool has_random_weights() const override { return network_.origin.random; }

  ReferenceFeatures prepare(const at::Tensor& reference) const override {
    check_frames(reference, "reference frames");
    return {seen(reference)};
  }

  std::vector<float> features(const at::Tensor& generated,
                              const ReferenceFeatures& reference) const override {
    const at::Tensor both = at::cat({seen(generated), reference.at(0)}).contiguous();
    return {both.const_data_ptr<float>(), both.const_data_ptr<float>() + both.numel()};
  }

 private:
  /// [C] on the CPU.
  at::Tensor seen(const at::Tensor& frames) const {
    std::map<std::string, bool> flags;
    if (protocol_ != FvdProtocol::kVideoMae) {
      flags = {{"rescale", protocol_ == FvdProtocol::kStyleGanV},
               {"resize", true},
               {"return_features", true}};
    }
    const at::Tensor features = network_.network.run({fvd_input(protocol_, frames)}, flags);
    check_shape(features, {1, kAny}, "features of a clip");
    return features[0].to(at::kCPU, at::kFloat);
  }

  FvdProtocol protocol_;
  UserNetwork network_;
};

}  // namespace

at::Tensor fvd_input(FvdProtocol protocol, const at::Tensor& frames) {
  at::Tensor taken = levels(frames);
  if (protocol == FvdProtocol::kVideoMae) taken = squeezed(frames);
  if (protocol == FvdProtocol::kDfot) {
    taken = padded(centered_levels(frames, kSide).div(255)).mul(2).sub(1).clamp(-1, 1);
  }
  return taken.permute({1, 0, 2, 3}).unsqueeze(0).contiguous();
}

std::unique_ptr<Metric> make_fvd(FvdProtocol protocol, const MetricResources& resources) {
  return std::make_unique<Fvd>(protocol, resources);
}

}  // namespace cox::engine
