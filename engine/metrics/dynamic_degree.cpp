#include <fmt/format.h>

#include <ATen/ops/topk.h>

#include <algorithm>
#include <cmath>

#include "engine/metrics/clip_frames.h"
#include "engine/metrics/neighbors.h"
#include "engine/metrics/registry.h"
#include "engine/metrics/user_network.h"
#include "engine/tensors/error.h"
#include "engine/tensors/shape.h"
#include "engine/tensors/torch.h"

namespace cox::engine {

namespace {

constexpr double kSampledRate = 8;      // frames per second
constexpr double kLargestShare = 0.05;  // of the pixels: the fastest ones
constexpr double kThreshold = 6;        // pixels, at 256 pixels of the shorter side
constexpr double kMovingShare = 4.0 / 16;

class DynamicDegree final : public VideoMetric {
 public:
  explicit DynamicDegree(const MetricResources& resources) : flow_("optical-flow", resources) {}

  bool has_random_weights() const override { return flow_.origin.random; }
  ReferenceFeatures prepare(const at::Tensor&) const override {
    throw std::logic_error("dynamic_degree needs the frame rate: use prepare_clip");
  }
  ReferenceFeatures prepare_with(const at::Tensor&, const ClipFacts& facts) const override {
    if (facts.frames_per_second <= 0) {
      throw user_error(
          "dynamic_degree: expected a video that states its frame rate, got one that does not");
    }
    return {at::full({}, facts.frames_per_second, at::kDouble)};
  }

  double of_clip(const at::Tensor& generated, const ReferenceFeatures& reference) const override {
    const double rate = reference.at(0).item<double>();
    const auto stride = std::max<std::int64_t>(1, std::llround(rate / kSampledRate));
    const at::Tensor frames = levels(generated).slice(0, 0, std::nullopt, stride);
    check_neighbors(frames, "dynamic_degree");
    const double slow =
        std::max(1.0, kSampledRate / rate);  // at a lower frame rate, pixels move farther per frame
    const double threshold =
        slow * kThreshold * static_cast<double>(std::min(frames.size(2), frames.size(3))) / 256;
    // Python's round: halves to even.
    const double enough = std::nearbyint(kMovingShare * static_cast<double>(frames.size(0)));
    int moving = 0;
    for (std::int64_t i = 0; i + 1 < frames.size(0); ++i) {
      if (largest_motion(frames.narrow(0, i, 1), frames.narrow(0, i + 1, 1)) > threshold) ++moving;
    }
    return moving >= enough ? 1 : 0;
  }

 private:
  /// Returns the mean length of the flow of the fastest pixels.
  double largest_motion(const at::Tensor& from, const at::Tensor& to) const {
    const at::Tensor flow = flow_.network.run({from, to});
    check_shape(flow, {1, 2, from.size(2), from.size(3)}, "the flow that the network gives");
    const at::Tensor lengths = flow.square().sum({1}).sqrt().flatten();
    const auto count =
        static_cast<std::int64_t>(static_cast<double>(lengths.numel()) * kLargestShare);
    const at::Tensor largest = std::get<0>(at::topk(lengths, std::max<std::int64_t>(1, count)));
    return largest.to(at::kDouble).mean().item<double>();
  }

  UserNetwork flow_;
};

}  // namespace

std::unique_ptr<Metric> make_dynamic_degree(const MetricResources& resources) {
  return std::make_unique<DynamicDegree>(resources);
}

}  // namespace cox::engine
