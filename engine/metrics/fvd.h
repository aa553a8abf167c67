#pragma once

#include <memory>

#include "engine/metrics/metric.h"

namespace cox::engine {

/// How frames reach I3D.
enum class FvdProtocol {
  kStyleGanV,  ///< whole 8-bit frames; the network scales and resizes them
  kDfot        ///< Pillow's bilinear to 224, center crop, [-1, 1], at least 9 frames by padding
};

/// The logits of a clip of the published I3D TorchScript file: those of the generated frames, then
/// those of the reference frames. Throws EngineError(kUser) for a clip of too few frames.
std::unique_ptr<Metric> make_fvd(FvdProtocol protocol, const MetricResources& resources);

/// [F, 3, H, W] in [0, 1] to what the network takes, [1, 3, T, h, w].
at::Tensor fvd_input(FvdProtocol protocol, const at::Tensor& frames);

}  // namespace cox::engine
