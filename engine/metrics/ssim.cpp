#include <ATen/ops/conv2d.h>
#include <ATen/ops/reflection_pad2d.h>

#include "engine/metrics/registry.h"
#include "engine/metrics/values.h"
#include "engine/tensors/shape.h"

namespace cox::engine {

namespace {

// torchmetrics 1.9.0, StructuralSimilarityIndexMeasure(data_range=1).
constexpr int kRadius = 5;
constexpr double kSigma = 1.5;
constexpr double kC1 = 0.01 * 0.01;
constexpr double kC2 = 0.03 * 0.03;

at::Tensor gaussian_window(at::Device device) {
  const at::Tensor d = at::arange(-kRadius, kRadius + 1, at::TensorOptions().dtype(at::kDouble));
  const at::Tensor g = (-(d / kSigma).square() / 2).exp();
  return (g / g.sum()).to(device);
}

/// The Gaussian-weighted mean around every pixel of [F, 3, H, W], reflected at the border without
/// repeating the edge pixel. The window is a product, so rows and columns are summed in turn.
at::Tensor local_mean(const at::Tensor& x, const at::Tensor& window) {
  const int64_t size = 2 * kRadius + 1;
  const at::Tensor planes = x.reshape({-1, 1, x.size(2), x.size(3)});
  const at::Tensor padded = at::reflection_pad2d(planes, {kRadius, kRadius, kRadius, kRadius});
  const at::Tensor rows = at::conv2d(padded, window.view({1, 1, 1, size}));
  return at::conv2d(rows, window.view({1, 1, size, 1})).view(x.sizes());
}

class Ssim final : public FrameMetric {
 public:
  ReferenceFeatures prepare(const at::Tensor& reference) const override {
    check_frames(reference, "reference frames");
    if (reference.size(2) <= kRadius || reference.size(3) <= kRadius) {
      throw std::invalid_argument("ssim: expected frames larger than 5 pixels on each side, got " +
                                  shape_text(reference.sizes()));
    }
    const at::Tensor t = reference.to(at::kDouble);
    const at::Tensor window = gaussian_window(t.device());
    const at::Tensor mean = local_mean(t, window);
    const at::Tensor variance = (local_mean(t * t, window) - mean * mean).clamp_min(0);
    return {t, mean, variance};
  }

  std::vector<double> per_frame(const at::Tensor& generated,
                                const ReferenceFeatures& reference) const override {
    const at::Tensor& t = reference.at(0);
    const at::Tensor& mean_t = reference.at(1);
    const at::Tensor& variance_t = reference.at(2);
    check_shape(generated, t.sizes(), "generated frames");
    const at::Tensor p = generated.to(at::kDouble);
    const at::Tensor window = gaussian_window(p.device());
    const at::Tensor mean_p = local_mean(p, window);
    const at::Tensor variance_p = (local_mean(p * p, window) - mean_p * mean_p).clamp_min(0);
    const at::Tensor covariance = local_mean(p * t, window) - mean_p * mean_t;
    return frame_means(
        (2 * mean_p * mean_t + kC1) * (2 * covariance + kC2) /
        ((mean_p.square() + mean_t.square() + kC1) * (variance_p + variance_t + kC2)));
  }
};

}  // namespace

std::unique_ptr<Metric> make_ssim(const MetricResources&) { return std::make_unique<Ssim>(); }

}  // namespace cox::engine
