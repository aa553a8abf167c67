#include "engine/metrics/fvd.h"
#include "engine/metrics/registry.h"

namespace cox::engine {

std::unique_ptr<Metric> make_fvd_dfot(const MetricResources& resources) {
  return make_fvd(FvdProtocol::kDfot, resources);
}

}  // namespace cox::engine
