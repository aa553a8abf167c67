#pragma once

#include <memory>
#include <span>
#include <string_view>

#include "engine/metrics/metric.h"

namespace cox::engine {

struct MetricFactory {
  std::string_view name;
  std::unique_ptr<Metric> (*make)(const MetricResources& resources);
};

/// Returns make_NAME of engine/metrics/NAME.cpp for each line of schemas/metrics.def. Defined in
/// its own object file, so that a program can link another list instead.
std::span<const MetricFactory> metric_factories();

/// Throws unless `frames` is [F, 3, H, W] fp32 with at least one frame; `what` names it.
void check_frames(const at::Tensor& frames, const char* what);

}  // namespace cox::engine
