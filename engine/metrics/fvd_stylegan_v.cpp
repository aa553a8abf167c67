#include "engine/metrics/fvd.h"
#include "engine/metrics/registry.h"

namespace cox::engine {

std::unique_ptr<Metric> make_fvd_stylegan_v(const MetricResources& resources) {
  return make_fvd(FvdProtocol::kStyleGanV, resources);
}

}  // namespace cox::engine
