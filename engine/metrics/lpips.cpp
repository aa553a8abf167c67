#include <fmt/format.h>

#include "engine/metrics/lpips_network.h"
#include "engine/metrics/registry.h"
#include "engine/metrics/values.h"
#include "engine/tensors/error.h"

namespace cox::engine {

namespace {

class Lpips final : public FrameMetric {
 public:
  explicit Lpips(LpipsNetwork network) : network_(std::move(network)) {}

  bool has_random_weights() const override { return network_.trunk() != "imagenet"; }

  ReferenceFeatures prepare(const at::Tensor& reference) const override {
    check_frames(reference, "reference frames");
    const at::NoGradGuard no_grad;
    return network_.taps(reference);
  }

  std::vector<double> per_frame(const at::Tensor& generated,
                                const ReferenceFeatures& reference) const override {
    return frame_values(network_.distance(network_.taps(generated), reference));
  }

 private:
  LpipsNetwork network_;
};

}  // namespace

std::unique_ptr<Metric> make_lpips(const MetricResources& resources) {
  LpipsNetwork network(resources.weights, resources.device);
  if (network.trunk().empty()) {
    throw user_error(
        fmt::format("{}: the file does not state whether its trunk was trained; expected metadata "
                    "trunk = imagenet or random. Convert the public files with "
                    "scripts/convert_lpips.py, which writes it",
                    resources.weights));
  }
  return std::make_unique<Lpips>(std::move(network));
}

}  // namespace cox::engine
