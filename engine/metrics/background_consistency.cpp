#include "engine/metrics/frame_embedder.h"
#include "engine/metrics/registry.h"

namespace cox::engine {

std::unique_ptr<Metric> make_background_consistency(const MetricResources& resources) {
  return make_resemblance(FrameResemblance::kVbench, ImageTower::kClipB32, resources);
}

}  // namespace cox::engine
