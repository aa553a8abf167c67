#include "engine/metrics/fvd.h"
#include "engine/metrics/registry.h"

namespace cox::engine {

std::unique_ptr<Metric> make_fvd_videomae(const MetricResources& resources) {
  return make_fvd(FvdProtocol::kVideoMae, resources);
}

}  // namespace cox::engine
