#include "engine/metrics/frame_embedder.h"
#include "engine/metrics/registry.h"

namespace cox::engine {

std::unique_ptr<Metric> make_clip_similarity(const MetricResources& resources) {
  return make_resemblance(FrameResemblance::kNeighbors, ImageTower::kClipB32, resources);
}

}  // namespace cox::engine
