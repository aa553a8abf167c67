#pragma once

#include <array>
#include <string>

#include "engine/metrics/metric.h"

namespace cox::engine {

/// LPIPS 0.1 with the AlexNet trunk, in fp32: equals the public package `lpips` 0.1.4.
///
/// Weights are one safetensors file in either of two spellings: that of the package's module
/// (`net.slice1.0.weight`, ..., `scaling_layer.shift`, `lin0.model.1.weight`, with or without the
/// `lins.*` aliases), or torchvision's trunk with the heads (`features.0.weight`, ...,
/// `lin0.model.1.weight`, ...). scripts/convert_lpips.py writes the second.
class LpipsNetwork {
 public:
  static constexpr int kTaps = 5;

  /// Throws EngineError(kUser) when tensors are missing, extra or of another shape.
  LpipsNetwork(const std::string& path, at::Device device);

  /// The file's metadata `trunk`: `imagenet`, `random`, or "" when the file does not say.
  const std::string& trunk() const { return trunk_; }

  /// [F, 3, H, W] in [0, 1] to the five taps, each normalized over its channels. H and W are at
  /// least 32.
  ReferenceFeatures taps(const at::Tensor& frames) const;

  /// One distance per frame, [F].
  at::Tensor distance(const ReferenceFeatures& a, const ReferenceFeatures& b) const;

 private:
  struct Layer {
    at::Tensor weight, bias;  ///< convolution
    at::Tensor head;          ///< [1, C, 1, 1], not negative
  };

  std::string trunk_;
  std::array<Layer, kTaps> layers_;
  at::Tensor shift_, scale_;  ///< [1, 3, 1, 1]
};

}  // namespace cox::engine
