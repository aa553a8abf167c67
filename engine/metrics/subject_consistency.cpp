#include "engine/metrics/frame_embedder.h"
#include "engine/metrics/registry.h"

namespace cox::engine {

std::unique_ptr<Metric> make_subject_consistency(const MetricResources& resources) {
  return make_resemblance(FrameResemblance::kVbench, ImageTower::kDinoB16, resources);
}

}  // namespace cox::engine
