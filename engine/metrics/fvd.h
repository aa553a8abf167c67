#pragma once

#include <memory>

#include "engine/metrics/metric.h"

namespace cox::engine {

/// The network, and how frames are prepared for it.
enum class FvdProtocol {
  kStyleGanV,  ///< I3D: whole 8-bit frames, which the network scales and resizes
  kDfot,     ///< I3D: Pillow's bilinear to 224, center crop, [-1, 1], at least 9 frames by padding
  kVideoMae  ///< VideoMAE: the first 16 frames, bilinear to 224 x 224, [0, 1]
};

/// The features of a clip from a TorchScript file: those of the generated frames, then those of the
/// reference frames. Throws EngineError(kUser) for a clip with too few frames.
std::unique_ptr<Metric> make_fvd(FvdProtocol protocol, const MetricResources& resources);

/// Converts [F, 3, H, W] in [0, 1] to the network's input [1, 3, T, h, w].
at::Tensor fvd_input(FvdProtocol protocol, const at::Tensor& frames);

}  // namespace cox::engine
