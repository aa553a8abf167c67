#pragma once

#include <memory>

#include "engine/metrics/metric.h"

namespace cox::engine {

// make_psnr, make_ssim, ...: one for each line of metrics.def.
#define COX_METRIC(name) std::unique_ptr<Metric> make_##name(const MetricResources& resources);
#include "schemas/metrics.def"
#undef COX_METRIC

/// Throws unless `frames` is [F, 3, H, W] fp32 with at least one frame; `what` names it.
void check_frames(const at::Tensor& frames, const char* what);

}  // namespace cox::engine
