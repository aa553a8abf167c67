#include "engine/metrics/frame_embedder.h"
#include "engine/metrics/registry.h"

namespace cox::engine {

std::unique_ptr<Metric> make_dino_similarity(const MetricResources& resources) {
  return make_resemblance(FrameResemblance::kNeighbors, ImageTower::kDinoB16, resources);
}

}  // namespace cox::engine
